import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { lstatSync, utimesSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { closurePath } from "../program/closure-manifest.ts";
import { readLock } from "./skills-lock.ts";

/** A use is written down at most this often: less than the least time that a closure is kept. */
const markEveryMs = 3_600_000;

/**
 * Notes in the state folder that a lock file refers to its closures, so that cleaning leaves them.
 * @param file Absolute path of the lock file.
 */
export async function rememberLock(home: string, file: string): Promise<void> {
  const folder = path.join(home, "locks");
  await ensurePrivateFolder(folder);
  const name = digestBytes(file).slice("sha256:".length, "sha256:".length + 32);
  await replaceFile(path.join(folder, name), `${JSON.stringify({ lock: file })}\n`);
}

/**
 * Notes that a closure is about to be used, before it is opened: cleaning leaves what was used
 * lately. Costs one `lstat` when that is known already.
 */
export async function markClosureUsed(home: string, closure: Digest, file: string): Promise<void> {
  const at = closurePath(home, closure);
  const kept = lstatSync(at, { throwIfNoEntry: false });
  if (kept === undefined || Math.abs(Date.now() - kept.mtimeMs) < markEveryMs) return;
  const now = new Date();
  try {
    utimesSync(at, now, now);
  } catch {
    // Cleaned away in this very moment: opening it will say so.
    return;
  }
  await rememberLock(home, file);
}

/** What the lock files that are known here refer to. */
export interface KnownLocks {
  readonly closures: ReadonlySet<Digest>;
  /** Lock files that are there and cannot be read: what they refer to is not known. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
}

/** Reads every lock file that was noted here. One that is gone refers to nothing. */
export async function readKnownLocks(home: string): Promise<KnownLocks> {
  const folder = path.join(home, "locks");
  const closures = new Set<Digest>();
  const unreadable: { file: string; why: string }[] = [];
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => /^[0-9a-f]{32}$/u.test(one)).sort()) {
    let file = path.join(folder, name);
    try {
      const note: unknown = JSON.parse(await readFile(file, "utf8"));
      if (typeof note !== "object" || note === null || !("lock" in note))
        throw new Error("no note");
      file = String(note.lock);
      const { skills } = await readLock(file);
      for (const { program } of Object.values(skills)) closures.add(program.closure);
    } catch (error) {
      unreadable.push({ file, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { closures, unreadable };
}
