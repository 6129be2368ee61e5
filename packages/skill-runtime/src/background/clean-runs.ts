import { lstat } from "node:fs/promises";
import path from "node:path";

import { dayMs, remove } from "../cleaning/cleaning.ts";
import type { Cleaning } from "../cleaning/cleaning.ts";
import { bytesIn, namesIn, removeTree, removeWhole, temporaryName } from "../cleaning/removal.ts";
import { listRuns } from "./background-runs.ts";
import type { BackgroundRun } from "./background-runs.ts";
import { runsFolder } from "./run-state.ts";

/** OpenClaw's default for the key of this name: half an hour. */
export const defaultCleanupMs = 1_800_000;

/** Whether a run that is over has been listed for long enough. */
export function isOver(run: BackgroundRun, now: number, cleanupMs: number): boolean {
  if (run.state === "running") return false;
  return Date.parse(run.ending?.ended ?? run.began) + cleanupMs <= now;
}

/** Removes background runs that ended long enough ago; never one that runs. */
export async function cleanRuns(
  cleaning: Cleaning,
  cleanupMs: number = defaultCleanupMs,
): Promise<void> {
  const folder = runsFolder(cleaning.home);
  for (const run of await listRuns(cleaning.home)) {
    if (!isOver(run, cleaning.now, cleanupMs)) continue;
    const at = path.join(folder, run.id);
    const why =
      run.state === "lost" ? "its process was killed" : `ended ${run.ending?.ended ?? ""}`;
    const bytes = await bytesIn(at);
    await remove(cleaning, { kind: "background-run", path: at, bytes, why }, () => removeWhole(at));
  }
  for (const name of (await namesIn(folder)).filter((one) => temporaryName.test(one))) {
    const at = path.join(folder, name);
    const status = await lstat(at).catch(() => undefined);
    if (status === undefined || cleaning.now - status.mtimeMs <= dayMs) continue;
    const bytes = await bytesIn(at);
    const why = "a run that was not begun, or a removal";
    await remove(cleaning, { kind: "temporary", path: at, bytes, why }, async () => {
      await removeTree(at);
      return true;
    });
  }
}
