import { readSkill } from "@clawkeep/skill-format";
import type { SkillResult } from "@clawkeep/skill-format";
import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { fileIdentity } from "../program/file-identity.ts";
import { SETTLED_MS } from "../program/remembered-file.ts";

/** Folders remembered at one time, and files in one of them. */
const maxFolders = 64;
const maxFiles = 1000;

interface Remembered {
  readonly identities: ReadonlyMap<string, string>;
  readonly reading: SkillResult;
}

const remembered = new Map<string, Remembered>();

/**
 * Reads a skill, or answers what was read before when the file system says of every file and folder
 * in it what it said then: a file that is added, removed, written or replaced changes its own
 * identity or its folder's.
 * @param settledMs How long nothing must have changed before it is remembered.
 */
export async function rememberedSkill(
  folder: string,
  settledMs: number = SETTLED_MS,
): Promise<SkillResult> {
  const known = remembered.get(folder);
  if (known !== undefined && holds(known.identities)) {
    return known.reading;
  }
  remembered.delete(folder);
  const began = Date.now();
  const identities = identify(folder);
  const reading = await readSkill(folder);
  // Looked at before and after: what was read is what the identities stand for.
  if (identities !== undefined && began - identities.newestMs > settledMs) {
    if (reading.skill !== undefined && holds(identities.of)) {
      if (remembered.size >= maxFolders) {
        remembered.clear();
      }
      remembered.set(folder, { identities: identities.of, reading });
    }
  }
  return reading;
}

function holds(identities: ReadonlyMap<string, string>): boolean {
  for (const [file, identity] of identities) {
    if (fileIdentity(file) !== identity) {
      return false;
    }
  }
  return true;
}

/** Of everything in a folder, itself included; `undefined` when that is too much or goes away. */
function identify(
  folder: string,
): { readonly of: ReadonlyMap<string, string>; readonly newestMs: number } | undefined {
  const of = new Map<string, string>();
  let newestMs = 0;
  const queue = [folder];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const identity = fileIdentity(at);
    const status = lstatSync(at, { throwIfNoEntry: false });
    if (identity === undefined || status === undefined || of.size >= maxFiles) {
      return undefined;
    }
    of.set(at, identity);
    newestMs = Math.max(newestMs, status.ctimeMs);
    if (status.isDirectory()) {
      const parent = at;
      queue.push(...readdirSync(at).map((name) => path.join(parent, name)));
    }
  }
  return { of, newestMs };
}
