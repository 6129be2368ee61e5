import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, lockFile, processMark } from "@clawkeep/durable-files";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";

import type { RuntimeConfiguration } from "../configuration/runtime-configuration.ts";
import type { InvocationRequest } from "../invocation-request.ts";
import type { Runtime } from "../open-runtime.ts";
import { listRuns } from "./background-runs.ts";
import { cleanRuns } from "./clean-runs.ts";
import { isWorthTelling, notify, runEvent } from "./notify.ts";
import { runsFolder, writeEnding, writeState } from "./run-state.ts";
import type { RunEnding, RunResult, RunState } from "./run-state.ts";

/** Background runs of one state folder at one time. */
const defaultBackgroundRuns = 16;

/** What the process of a background run is given. */
export interface KeepRunOptions {
  readonly home: string;
  /** 16 hex digits, new. */
  readonly id: string;
  readonly configuration: RuntimeConfiguration;
  readonly runtime: Pick<Runtime, "invoke">;
  readonly request: InvocationRequest;
  /** The run is listed from now on. */
  readonly onBegun?: () => void;
  /** The program is about to be started: its start record is on the disk. */
  readonly onStarted?: () => void;
  /** The run has ended and its result is on the disk. True: whoever asked was there and took it. */
  readonly onEnded?: (result: RunResult) => Promise<boolean>;
}

/** An id for a background run. */
export function makeRunId(): string {
  return randomBytes(8).toString("hex");
}

/**
 * Runs a request on behalf of one who may be gone before it ends: writes down that it runs, with
 * which records, and what it came to, and tells of the end. For a process of its own.
 *
 * @throws CodedError BACKGROUND_FULL, and of the disk; then nothing was run
 */
export async function keepRun(options: KeepRunOptions): Promise<RunResult> {
  const { home, id, configuration, request } = options;
  const folder = path.join(runsFolder(home), id);
  let state: RunState = {
    run: 1,
    id,
    skill: request.skill,
    ...(request.action === undefined ? {} : { action: request.action }),
    process: processMark(),
    began: new Date().toISOString(),
    executions: [],
  };
  await begin(home, folder, state, configuration);
  options.onBegun?.();
  let writing: Promise<void> = Promise.resolve();
  const result = await resultOf(options, (execution) => {
    state = { ...state, executions: [...state.executions, execution] };
    const written = state;
    writing = writing.then(() => writeState(folder, written)).then(() => options.onStarted?.());
    writing.catch(() => undefined);
  });
  await writing.catch(() => undefined);
  const ending: RunEnding = { run: 1, ended: new Date().toISOString(), result };
  await writeEnding(folder, ending);
  if ((await options.onEnded?.(result)) === true) {
    // It never was in the background.
    await rm(folder, { recursive: true, force: true });
  } else if (isWorthTelling(ending, configuration)) {
    const notified = await notify(runEvent(state, ending), configuration);
    if (Object.keys(notified).length > 0) await writeEnding(folder, { ...ending, notified });
  }
  return result;
}

async function resultOf(
  { runtime, request }: KeepRunOptions,
  onRecord: (execution: string) => void,
): Promise<RunResult> {
  try {
    return await runtime.invoke({ ...request, onRecord });
  } catch (error) {
    return {
      kind: "error",
      code: isCodedError(error) ? error.code : "RUNTIME_FAILED",
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Counts and begins under a lock, so that no more run than may; removes those that are over. */
async function begin(
  home: string,
  folder: string,
  state: RunState,
  { concurrency, cleanupMs }: RuntimeConfiguration,
): Promise<void> {
  const runs = runsFolder(home);
  await ensurePrivateFolder(home);
  await ensurePrivateFolder(runs);
  using _lock = await lockFile(path.join(home, "runs.lock"));
  const cleaning = { home, now: Date.now(), dryRun: false, removed: [], findings: [] };
  await cleanRuns(cleaning, cleanupMs);
  const running = (await listRuns(home)).filter(({ state: is }) => is === "running");
  const most = concurrency?.background ?? defaultBackgroundRuns;
  if (running.length >= most) {
    throw new CodedError({
      code: "BACKGROUND_FULL",
      message: `expected fewer than ${most} background runs, got ${running.length}`,
      hint: "Wait for one (`clawkeep-skill runs`), or stop one. Nothing was run.",
    });
  }
  const made = path.join(runs, `.${randomBytes(8).toString("hex")}.tmp`);
  await mkdir(made, { mode: 0o700 });
  await writeState(made, state);
  await rename(made, folder);
}
