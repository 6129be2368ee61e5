import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import {
  defaultCleanupMs,
  findRun,
  isOver,
  listRuns,
  readConfiguration,
  stopRun,
  waitForRun,
} from "@clawkeep/skill-runtime";
import type { BackgroundRun } from "@clawkeep/skill-runtime";

import { STILL_RUNNING } from "../background/still-running.ts";
import { printData, printJson } from "../output/print.ts";
import { printResult, resultJson } from "../output/print-result.ts";
import { cancellable } from "../place/cancellation.ts";

/** Options of `runs` as they were written. */
export interface RunsOptions {
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout?: string;
}

/** Lists background runs: those that run, and those that ended lately. */
export async function listCommand(options: RunsOptions): Promise<number> {
  const home = stateHome(process.env);
  const { cleanupMs = defaultCleanupMs } = await readConfiguration(home);
  const runs = (await listRuns(home)).filter((run) => !isOver(run, Date.now(), cleanupMs));
  if (options.json === true) printJson({ version: 1, runs: runs.map((run) => summary(run)) });
  else printData(escapeForTerminal(table(runs), { keepNewlines: true }));
  return 0;
}

/** Shows one background run, with its result when it has ended. */
export async function showCommand(id: string, options: RunsOptions): Promise<number> {
  return print(await findRun(stateHome(process.env), id), options);
}

/** Waits for the end of a background run and prints its result as `run` does. */
export async function waitCommand(id: string, options: RunsOptions): Promise<number> {
  const timeoutMs = options.timeout === undefined ? Infinity : seconds(options.timeout) * 1000;
  return cancellable(async (signal) => {
    try {
      return print(await waitForRun(stateHome(process.env), id, { timeoutMs, signal }), options);
    } catch (error) {
      // Who stops waiting does not stop the run.
      if (signal.aborted) return STILL_RUNNING;
      throw error;
    }
  });
}

/** Ends a background run. */
export async function stopCommand(id: string, options: RunsOptions): Promise<number> {
  const run = await stopRun(stateHome(process.env), id);
  if (options.json === true) printJson({ version: 1, ...summary(run) });
  else printData(`${run.id} ${run.state === "ended" ? endOf(run) : run.state}`);
  return 0;
}

function print(run: BackgroundRun, options: RunsOptions): number {
  const asJson = options.json === true;
  const asked = {
    skill: run.skill,
    ...(run.action === undefined ? {} : { action: run.action }),
  };
  const { ending } = run;
  if (asJson) {
    const result = ending === undefined ? {} : { result: resultJson(asked, ending.result) };
    printJson({ version: 1, ...summary(run), ...result });
  } else if (ending === undefined) {
    printData(escapeForTerminal(table([run]), { keepNewlines: true }));
  }
  if (ending === undefined) return run.state === "running" ? STILL_RUNNING : 2;
  return asJson ? exitCode(ending.result) : printResult(ending.result, asked, false);
}

function exitCode(result: NonNullable<BackgroundRun["ending"]>["result"]): number {
  if (result.kind !== "execution" || !result.ok) return 2;
  return result.meaning === "done" ? 0 : 1;
}

function summary(run: BackgroundRun): Readonly<Record<string, unknown>> {
  const { id, skill, action, state, began, executions, ending } = run;
  return {
    run: id,
    skill,
    ...(action === undefined ? {} : { action }),
    state,
    began,
    executions,
    pid: Number.parseInt(run.process, 10),
    ...(ending === undefined ? {} : { ended: ending.ended, end: endOf(run) }),
    ...(ending?.notified === undefined ? {} : { notified: ending.notified }),
  };
}

/** In a word: the meaning, what ended it, or why nothing was run. */
function endOf({ ending }: BackgroundRun): string {
  const result = ending?.result;
  if (result?.kind === "execution") return result.terminatedBy ?? result.meaning;
  return result?.kind === "refusal" ? "refused" : (result?.code ?? "");
}

function table(runs: readonly BackgroundRun[]): string {
  if (runs.length === 0) return "no background runs";
  return runs
    .map((run) => {
      const what = [run.skill, run.action ?? ""].join(" ").trim();
      return `${run.id}  ${run.state.padEnd(7)}  ${run.began}  ${what}  ${endOf(run)}`.trimEnd();
    })
    .join("\n");
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,6}$/u.test(text) && value <= 604_800) return value;
  throw new CodedError({
    code: "USAGE",
    message: `expected --timeout as whole seconds up to 604800, got ${JSON.stringify(text.slice(0, 40))}`,
    hint: "Without it the command waits for the end.",
  });
}
