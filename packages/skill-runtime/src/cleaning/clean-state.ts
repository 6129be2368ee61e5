import type { Finding } from "@clawkeep/diagnostics";
import { checkPrivateFolder, lockFile } from "@clawkeep/durable-files";
import { lstat, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { cleanRuns } from "../background/clean-runs.ts";
import type { RuntimeConfiguration } from "../configuration/runtime-configuration.ts";
import { cleanArtifacts } from "./clean-artifacts.ts";
import { cleanClosures } from "./clean-closures.ts";
import { cleanSandbox, cleanScratch } from "./clean-scratch.ts";
import { dayMs, remove } from "./cleaning.ts";
import type { Cleaning } from "./cleaning.ts";
import { namesIn } from "./removal.ts";
import type { Removal } from "./removal.ts";

/** What is cleaned, and how. */
export interface CleanOptions {
  /** The state folder. */
  readonly home: string;
  /** How long things are kept. */
  readonly configuration?: RuntimeConfiguration;
  /** Only say what would be removed. */
  readonly dryRun?: boolean;
  /** Where the sandbox has the folders of its runs. Default: the folder for temporary files. */
  readonly temporary?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Milliseconds to wait for another cleaning. Default 10,000. */
  readonly waitMs?: number;
}

/** What was removed, or would be. */
export interface CleanReport {
  readonly removed: readonly Removal[];
  /** Sizes of all that was removed. */
  readonly bytes: number;
  /** What could not be removed or read. Everything else was cleaned. */
  readonly findings: readonly Finding[];
}

/**
 * Removes from a state folder what nobody needs any more: artifacts by age and size, programs that no
 * lock refers to, copies that were not finished, folders of runs whose process is gone, background
 * runs that ended long enough ago. Records, keys, secrets and indexes are never touched.
 *
 * @throws CodedError FILE_LOCKED when another cleaning goes on; of `checkPrivateFolder`
 */
export async function cleanState(options: CleanOptions): Promise<CleanReport> {
  const { home, configuration = {}, dryRun = false, now = Date.now() } = options;
  const removed: Removal[] = [];
  const findings: Finding[] = [];
  const homes = await stateFolders(home);
  if (homes.length > 0) {
    const { waitMs } = options;
    const lock = await lockFile(path.join(home, "clean.lock"), {
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    try {
      for (const one of homes) {
        const cleaning: Cleaning = { home: one, now, dryRun, removed, findings };
        await cleanTemporaries(cleaning);
        await cleanRuns(cleaning, configuration.cleanupMs);
        await cleanScratch(cleaning);
        if (one === home) await cleanSandbox(cleaning, options.temporary ?? tmpdir());
        await cleanArtifacts(cleaning, configuration.artifacts);
        await cleanClosures(cleaning, configuration.closures?.days);
      }
    } finally {
      lock.close();
    }
  }
  return { removed, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0), findings };
}

/** The state folder, and the one of test runs inside it. */
async function stateFolders(home: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const folder of [home, path.join(home, "test")]) {
    const status = await lstat(folder).catch(() => undefined);
    if (status === undefined) continue;
    await checkPrivateFolder(folder);
    folders.push(folder);
  }
  return folders;
}

/** Files that a killed process was about to put in the place of others: a write takes no day. */
async function cleanTemporaries(cleaning: Cleaning): Promise<void> {
  for (const inside of [".", "artifacts", "locks", "indexes"]) {
    const folder = path.join(cleaning.home, inside);
    for (const name of await namesIn(folder)) {
      const at = path.join(folder, name);
      const status = await lstat(at).catch(() => undefined);
      if (!/^\..+\.[0-9a-f]{12}\.tmp$/u.test(name) || status?.isFile() !== true) continue;
      if (cleaning.now - status.mtimeMs <= dayMs) continue;
      const why = "a write that was not finished";
      const removal = { kind: "temporary" as const, path: at, bytes: status.size, why };
      await remove(cleaning, removal, async () => {
        await rm(at, { force: true });
        return true;
      });
    }
  }
}
