import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { openOwnFile, replaceFile } from "@clawkeep/durable-files";

import type { ServiceDefinition, ServiceFolder } from "./service-definition.ts";

type Place = Pick<ServiceDefinition, "account" | "folders" | "credentials">;

/**
 * Makes what a service finds when it starts: its folders with their owners, and its secrets.
 *
 * @throws CodedError `SERVICE_FOLDER` where something else than a folder is; of `openOwnFile`
 */
export async function makePlace({ account, folders = [], credentials = [] }: Place): Promise<void> {
  for (const folder of folders) makeFolder(folder);
  const { uid, gid } = account ?? { uid: undefined, gid: undefined };
  for (const { source, target } of credentials) {
    // It was checked when it was applied, and is checked again: only its owner may have read or written it.
    await (await openOwnFile(source)).close();
    const folder = dirname(target);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    chmodSync(folder, 0o700);
    await replaceFile(target, readFileSync(source), { mode: 0o400 });
    if (uid === undefined || gid === undefined) continue;
    chownSync(target, uid, gid);
    chownSync(folder, uid, gid);
    chmodSync(folder, 0o500);
  }
}

/** Removes the secrets of a service that has ended. */
export function clearPlace({ credentials = [] }: Place): void {
  for (const { target } of credentials) rmSync(target, { force: true });
}

function makeFolder({ path, mode, uid, gid }: ServiceFolder): void {
  mkdirSync(path, { recursive: true, mode });
  const about = lstatSync(path);
  if (!about.isDirectory()) {
    throw new CodedError({
      code: "SERVICE_FOLDER",
      message: `${path}: expected a folder, got something else`,
      hint: "Find out what it is, and move it away.",
    });
  }
  if (about.uid !== uid || about.gid !== gid) chownSync(path, uid, gid);
  if ((about.mode & 0o7777) !== mode) chmodSync(path, mode);
}
