import { closureManifestSchema } from "../program/closure-manifest.ts";
import { readKnownLocks } from "../lock/known-locks.ts";
import { whileStoreIsLocked } from "../program/store-lock.ts";
import type { Digest } from "@clawkeep/integrity";
import { lstat, readFile } from "node:fs/promises";
import path from "node:path";

import { dayMs, remove } from "./cleaning.ts";
import type { Cleaning } from "./cleaning.ts";
import { bytesIn, namesIn, removeTree, removeWhole, temporaryName } from "./removal.ts";

export const defaultClosureDays = 30;

/**
 * Removes closures that no known lock refers to and that nothing has used for some days, interpreters
 * that no closure needs, and copies that were not finished. A run notes its closure before it opens
 * it and lasts an hour at most, so that at the least, a day, no live run uses what goes.
 */
export async function cleanClosures(
  cleaning: Cleaning,
  days: number = defaultClosureDays,
): Promise<void> {
  const { home } = cleaning;
  if ((await namesIn(path.join(home, "closures"))).length === 0) return;
  await whileStoreIsLocked(home, async () => {
    for (const store of ["closures", "interpreters"]) await cleanUnfinished(cleaning, store);
    const { closures, unreadable } = await readKnownLocks(home);
    for (const { file, why } of unreadable) {
      cleaning.findings.push({
        code: "CLEAN_LOCK_UNREADABLE",
        severity: "warning",
        message: `${file}: ${why}`,
        hint: "It may refer to any program, so that none was removed. Repair it or remove it.",
      });
    }
    if (unreadable.length > 0) return;
    const interpreters = new Set<string>();
    let isComplete = true;
    for (const name of await namesIn(path.join(home, "closures"))) {
      if (!/^[0-9a-f]{64}$/u.test(name)) continue;
      const at = path.join(home, "closures", name);
      if (closures.has(`sha256:${name}`) || !(await isUnused(cleaning, at, days))) {
        const needed = await interpreterOf(at);
        if (needed === undefined) isComplete = false;
        else interpreters.add(needed);
        continue;
      }
      const why = `no lock refers to it, and nothing has used it for ${days} days`;
      const bytes = await bytesIn(at);
      await remove(cleaning, { kind: "closure", path: at, bytes, why }, () =>
        removeWhole(at, (renamed) => isUnused(cleaning, renamed, days)),
      );
    }
    if (isComplete) await cleanInterpreters(cleaning, interpreters, days);
  });
}

/** Under the lock of the store nobody is about to finish one. */
async function cleanUnfinished(cleaning: Cleaning, store: string): Promise<void> {
  const folder = path.join(cleaning.home, store);
  for (const name of (await namesIn(folder)).filter((one) => temporaryName.test(one))) {
    const at = path.join(folder, name);
    const why = "a copy that was not finished, or a removal";
    const bytes = await bytesIn(at);
    await remove(cleaning, { kind: "temporary", path: at, bytes, why }, async () => {
      await removeTree(at);
      return true;
    });
  }
}

async function cleanInterpreters(
  cleaning: Cleaning,
  needed: ReadonlySet<string>,
  days: number,
): Promise<void> {
  const folder = path.join(cleaning.home, "interpreters");
  for (const name of await namesIn(folder)) {
    const at = path.join(folder, name);
    if (!/^[0-9a-f]{64}$/u.test(name) || needed.has(`sha256:${name}`)) continue;
    if (!(await isUnused(cleaning, at, days))) continue;
    const why = "no stored program runs on it";
    const bytes = await bytesIn(at);
    await remove(cleaning, { kind: "interpreter", path: at, bytes, why }, () => removeWhole(at));
  }
}

/** A time in the future is a clock that was wrong once: such a folder counts as used. */
async function isUnused({ now }: Cleaning, at: string, days: number): Promise<boolean> {
  const status = await lstat(at).catch(() => undefined);
  return status?.isDirectory() === true && now - status.mtimeMs > days * dayMs;
}

/** The interpreter's digest, empty when there is none, `undefined` when nobody can say. */
async function interpreterOf(closure: string): Promise<Digest | "" | undefined> {
  try {
    const text = await readFile(path.join(closure, "manifest.json"), "utf8");
    return closureManifestSchema.parse(JSON.parse(text)).interpreter?.digest ?? "";
  } catch {
    return undefined;
  }
}
