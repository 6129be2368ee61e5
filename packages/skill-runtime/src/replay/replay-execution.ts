import { readAuditLog } from "@clawkeep/audit-log";
import type { AuditHistory } from "@clawkeep/audit-log";
import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import { readFile } from "node:fs/promises";

import { closePaths, confinePaths } from "../binding/confine-paths.ts";
import type { Execution, Refusal } from "../execution.ts";
import type { InvocationRequest } from "../invocation-request.ts";
import { auditFolder, openRuntime } from "../open-runtime.ts";
import { compareBytes } from "./compare-bytes.ts";
import { judgeReplay, replayedEnd, replayNotes } from "./judge-replay.ts";
import { planReplay } from "./plan-replay.ts";
import type { PlannedReplay, RecordedRun } from "./plan-replay.ts";
import { recordedOutput } from "./recorded-output.ts";
import type { Replay, ReplayOptions, ReplayRefusal } from "./replay.ts";
import { throwAwayCopy } from "./throw-away-copy.ts";
import type { ThrowAwayCopy } from "./throw-away-copy.ts";

/**
 * Does a recorded run again and compares. Of the record only argument values are used: they are bound
 * by the contract of a locked skill that has the recorded digests, and run in copies of its roots, in
 * a sandbox at least as strong. The new run is recorded as any other, with the transport `replay`.
 *
 * @param id The id of an execution that has ended.
 * @throws CodedError `AUDIT_EXECUTION_UNKNOWN`, `REPLAY_OUTPUT_OTHER`, `REPLAY_COPY_…`, and as
 *   `openRuntime` and `Runtime.invoke`
 */
export async function replayExecution(
  id: string,
  options: ReplayOptions,
): Promise<Replay | ReplayRefusal> {
  const folder = auditFolder(options.home);
  const history = await readAuditLog(folder);
  if (!history.ok) {
    const errors = history.findings.filter(({ severity }) => severity === "error");
    return { kind: "refusal", execution: id, stage: "log", findings: errors };
  }
  const run = findRun(history, id);
  if ("kind" in run) return run;
  const planned = await planReplay(run, options);
  if ("kind" in planned) return planned;
  const output = await recordedOutput(options.home, run.end.stdout, options.recordedOutput);
  const done = await runInCopy(run, planned, options);
  if ("kind" in done) return { ...done, execution: id };
  const again = findRun(await readAuditLog(folder), done.execution.id);
  if ("kind" in again) {
    throw new CodedError({
      code: "REPLAY_NOT_RECORDED",
      message: `expected the records of ${done.execution.id} in the log, got none`,
    });
  }
  const recorded = replayedEnd(run.end);
  const replayed = replayedEnd(again.end);
  const bytes = digestBytes(done.bytes) === replayed.stdout.digest ? done.bytes : undefined;
  const isSame = recorded.stdout.digest === replayed.stdout.digest;
  const difference =
    isSame || output.bytes === undefined || bytes === undefined
      ? undefined
      : compareBytes(output.bytes, bytes);
  return {
    kind: "replay",
    execution: id,
    replay: again.id,
    skill: run.start.skill.name,
    action: run.start.action,
    form: run.start.form,
    verdict: judgeReplay(planned.action, recorded, replayed, {
      recorded: output.bytes,
      replayed: bytes,
    }),
    determinism: planned.action.determinism,
    recorded,
    replayed,
    recordedBytes: isSame ? "same" : output.from,
    ...(difference === undefined ? {} : { difference }),
    notes: [...planned.notes, ...done.notes, ...replayNotes(run, again)],
  };
}

function findRun({ executions }: AuditHistory, id: string): RecordedRun | ReplayRefusal {
  const found = executions.find((one) => one.id === id);
  if (found === undefined) {
    throw new CodedError({
      code: "AUDIT_EXECUTION_UNKNOWN",
      message: `expected an execution ${JSON.stringify(id)} in the log, got none among ${executions.length}`,
      hint: "`audit show` lists them.",
    });
  }
  const { start, end, status } = found;
  if (end !== undefined) return { id, start, end };
  const finding: Finding = {
    code: "REPLAY_NOT_ENDED",
    severity: "error",
    message: `the execution ${id} is ${status}: there is no end to compare with`,
  };
  return { kind: "refusal", execution: id, stage: "record", findings: [finding] };
}

interface DoneAgain {
  readonly execution: Execution;
  /** As much of the output as there is. */
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

async function runInCopy(
  run: RecordedRun,
  { action, roots, values }: PlannedReplay,
  options: ReplayOptions,
): Promise<DoneAgain | Refusal> {
  const sources = Object.fromEntries(roots.map(({ name, source }) => [name, source]));
  const confined = confinePaths(action, values, sources);
  if (confined.findings.length > 0) {
    return { kind: "refusal", stage: "arguments", findings: confined.findings };
  }
  let copy: ThrowAwayCopy;
  try {
    copy = await throwAwayCopy(options.home, action, roots, confined.paths, options.roots ?? {});
  } finally {
    closePaths(confined.paths);
  }
  try {
    await using runtime = await openRuntime(options);
    const execution = await runtime.invoke({
      skill: run.start.skill.name,
      action: run.start.action,
      args: { kind: "json", value: values },
      caller: { transport: "replay", claimed: { replays: run.id } },
      roots: copy.roots,
      form: run.start.form,
      expected: run.start.skill,
      ...atLeast(run),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (execution.kind === "refusal") return execution;
    const { artifact, stdout } = execution;
    const notes =
      copy.leftOut === 0 ? [] : [`${copy.leftOut} pipes, sockets or devices were not copied`];
    return { execution, bytes: artifact === undefined ? stdout : await readFile(artifact), notes };
  } finally {
    await copy.remove();
  }
}

/** No weaker sandbox than the recorded run had. A level that this machine cannot have is refused by its name. */
function atLeast({ end }: RecordedRun): Pick<InvocationRequest, "requireSandbox"> {
  return end.level === "none"
    ? {}
    : { requireSandbox: end.level === "landlock" ? "landlock" : "bubblewrap" };
}
