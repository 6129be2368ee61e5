import { folderOwner } from "@clawkeep/durable-files";
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { lstat } from "node:fs/promises";
import path from "node:path";

import { dayMs, remove } from "./cleaning.ts";
import type { Cleaning } from "./cleaning.ts";
import { bytesIn, namesIn, removeTree, removeWhole, temporaryName } from "./removal.ts";

/** No folder of a run is as old, whoever made it. */
const unknownOwnerDays = 30;

/** Folders of runs in the state folder. */
export async function cleanScratch(cleaning: Cleaning): Promise<void> {
  await cleanFolders(cleaning, path.join(cleaning.home, "scratch"));
}

/** Folders of runs that the sandbox made in the folder for temporary files. */
export async function cleanSandbox(cleaning: Cleaning, temporary: string): Promise<void> {
  await cleanFolders(cleaning, temporary, /^clawkeep_(?:run|program|replay)-/u);
}

/** `shared`: what is ours in a folder of all users. */
async function cleanFolders(cleaning: Cleaning, folder: string, shared?: RegExp): Promise<void> {
  const self = process.geteuid?.();
  for (const name of await namesIn(folder)) {
    const at = path.join(folder, name);
    const begun = shared === undefined && temporaryName.test(name);
    const status = await lstat(at).catch(() => undefined);
    const isOwn = self === undefined || status?.uid === self;
    if (status?.isDirectory() !== true || !isOwn || shared?.test(name) === false) continue;
    const owner = folderOwner(name);
    const isOld = cleaning.now - status.mtimeMs > unknownOwnerDays * dayMs;
    if (!begun && (owner === "alive" || (owner === "unknown" && !isOld))) continue;
    const why = owner === "dead" ? "its process is gone" : begun ? "a removal" : "nobody's";
    const bytes = await bytesIn(at);
    await remove(cleaning, { kind: "scratch", path: at, bytes, why }, async () => {
      if (shared === undefined && !begun) return removeWhole(at);
      await removeTree(at);
      return true;
    });
  }
}

/**
 * Removes what killed runtimes left in the state folder, secrets first of all: done whenever a runtime
 * is opened. Costs one reading of a folder that is empty or absent as a rule. Never fails.
 */
export function sweepDeadRuns(home: string): void {
  const folder = path.join(home, "scratch");
  try {
    for (const name of readdirSync(folder)) {
      const at = path.join(folder, name);
      if (folderOwner(name) !== "dead" || !lstatSync(at).isDirectory()) continue;
      rmSync(at, { recursive: true, force: true });
    }
  } catch {
    // Not there yet, or not to be removed by us: `clean` says which.
  }
}
