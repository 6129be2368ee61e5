import { CodedError } from "@clawkeep/diagnostics";
import { markOwner } from "@clawkeep/durable-files";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { readEnding, readState, runIdForm, runsFolder } from "./run-state.ts";
import type { RunEnding, RunState } from "./run-state.ts";

/** A background run as it stands now. */
export interface BackgroundRun extends RunState {
  /** `lost`: its process is gone and left no result, as after `kill -9`; its record is `interrupted`. */
  readonly state: "running" | "ended" | "lost";
  readonly ending?: RunEnding;
}

/** How long a run that was told to end may take. */
const stopMs = 15_000;
const pollMs = 50;

/** All background runs that are kept, the oldest first. */
export async function listRuns(home: string): Promise<readonly BackgroundRun[]> {
  const names = await readdir(runsFolder(home)).catch(() => []);
  const runs = await Promise.all(
    names.filter((name) => runIdForm.test(name)).map((name) => readRun(home, name)),
  );
  return runs
    .filter((run) => run !== undefined)
    .sort((a, b) => (a.began < b.began ? -1 : a.began > b.began ? 1 : 0));
}

/**
 * One background run.
 * @throws CodedError RUN_UNKNOWN
 */
export async function findRun(home: string, id: string): Promise<BackgroundRun> {
  const run = runIdForm.test(id) ? await readRun(home, id) : undefined;
  if (run !== undefined) return run;
  throw new CodedError({
    code: "RUN_UNKNOWN",
    message: `expected the id of a background run, got ${JSON.stringify(id.slice(0, 80))}`,
    hint: "`clawkeep-skill runs` lists them. One that ended is listed for cleanupMs.",
  });
}

/**
 * Waits until a background run is not running any more.
 * @param timeoutMs Longest wait; then the run is as it is. Default: no bound.
 * @throws CodedError RUN_UNKNOWN; the signal's reason
 */
export async function waitForRun(
  home: string,
  id: string,
  { timeoutMs = Infinity, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<BackgroundRun> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const run = await findRun(home, id);
    if (run.state !== "running" || performance.now() >= deadline) return run;
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/**
 * Ends a background run as Ctrl-C ends one in the foreground: its program is killed and its end record
 * says `cancelled`. A runtime that does not do so in time is killed itself, and the record is then
 * `interrupted`. One that has ended stays as it is.
 * @throws CodedError RUN_UNKNOWN, RUN_NOT_STOPPED
 */
export async function stopRun(home: string, id: string): Promise<BackgroundRun> {
  const run = await findRun(home, id);
  if (run.state !== "running") return run;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (markOwner(run.process) !== "alive") break;
    // The mark was looked at just now, so that the pid is that of the very process.
    process.kill(Number.parseInt(run.process, 10), signal);
    const after = await waitForRun(home, id, { timeoutMs: stopMs });
    if (after.state !== "running") return after;
  }
  const after = await findRun(home, id);
  if (after.state !== "running") return after;
  throw new CodedError({
    code: "RUN_NOT_STOPPED",
    message: `the background run ${id} is still there`,
    hint: `Its process is ${Number.parseInt(run.process, 10)}; it may be in another container.`,
  });
}

async function readRun(home: string, id: string): Promise<BackgroundRun | undefined> {
  const folder = path.join(runsFolder(home), id);
  const state = await readState(folder);
  if (state === undefined) return undefined;
  // Looked at first: a process that ends after it has left its result by then.
  const owner = markOwner(state.process);
  const ending = await readEnding(folder);
  if (ending !== undefined) return { ...state, state: "ended", ending };
  return { ...state, state: owner === "dead" ? "lost" : "running" };
}
