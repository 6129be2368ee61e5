import type { AuditLog, ExecutionEnd, ExecutionStart, RecordedValue } from "@clawkeep/audit-log";
import { isCodedError } from "@clawkeep/diagnostics";
import { canonicalJson, digestBytes } from "@clawkeep/integrity";
import type { JsonValue } from "@clawkeep/integrity";
import { defaultLimits } from "@clawkeep/sandbox";
import type { SandboxLevel } from "@clawkeep/sandbox";
import type { RecordMode } from "@clawkeep/skill-format";

import { keptStderrBytes, resourceLimits } from "./execution-policy.ts";
import type { OutputJudgement } from "./judge-output.ts";
import type { PlannedRun } from "./planned-run.ts";
import type { ProgramRun, ReceivedStream } from "./program-run.ts";

/** Larger values are recorded by their keyed digest even when the contract says `store`. */
const maxStoredBytes = 4096;

/** The program that writes the records. */
export interface RuntimeName {
  readonly name: string;
  readonly version: string;
}

/** What is recorded, and fsynced, before anything is spawned. */
export function startRecord(
  run: PlannedRun,
  runtime: RuntimeName,
  log: Pick<AuditLog, "keyedDigest">,
  environment: readonly string[],
  resident?: { readonly process: string; readonly request: number },
): ExecutionStart {
  const { action, closure, request, skill } = run;
  const record = (value: JsonValue, mode: RecordMode): RecordedValue => {
    const text = typeof value === "string" ? value : canonicalJson(value);
    const bytes = Buffer.byteLength(text);
    return mode === "store" && bytes <= maxStoredBytes
      ? { stored: value }
      : { keyed: log.keyedDigest(text), bytes };
  };
  const version = run.levelReport.version;
  const { requireSandbox } = request;
  return {
    runtime,
    caller: {
      observed: run.caller,
      ...(request.caller.claimed === undefined ? {} : { claimed: request.caller.claimed }),
    },
    skill: {
      name: skill.name,
      folderDigest: skill.folderDigest,
      contractDigest: skill.contractDigest,
      closureDigest: closure.digest,
      closure: closure.complete ? "complete" : "partial",
    },
    action: run.actionName,
    form: run.form,
    ...(resident === undefined ? {} : { resident }),
    arguments: Object.fromEntries(
      Object.entries(run.invocation.values).map(([name, value]) => [
        name,
        record(value, action.arguments[name]?.record ?? "keyed"),
      ]),
    ),
    environment,
    roots: Object.fromEntries(
      run.roots.map(({ name, access, source }) => [
        name,
        { access, path: record(source, "store") },
      ]),
    ),
    sandbox: {
      level: run.level,
      ...(requireSandbox === undefined ? {} : { required: requireSandbox }),
      ...(version === undefined ? {} : { version }),
    },
    network: "none",
    limits: {
      timeoutMs: action.timeoutMs,
      stdoutBytes: action.output.maxBytes,
      stderrBytes: keptStderrBytes,
      ...recordedLimits(action),
    },
  };
}

/** The limits that hold: the contract's, else the defaults. */
function recordedLimits({ limits }: PlannedRun["action"]): Partial<ExecutionStart["limits"]> {
  const { memoryBytes, cpuMs, processes, openFiles, fileBytes } = {
    ...defaultLimits,
    ...resourceLimits(limits),
  };
  return { memoryBytes, cpuMs, processes, openFiles, fileBytes };
}

/** What is recorded before the caller gets the result. */
export function endRecord(
  id: string,
  level: SandboxLevel,
  ran: ProgramRun,
  judgement: OutputJudgement,
): ExecutionEnd {
  const error =
    ran.error ??
    // What is wrong with an output may quote it, and the record must not.
    (judgement.state === "invalid"
      ? { code: "OUTPUT_INVALID", message: "the output is not what the contract declares" }
      : undefined);
  return {
    execution: id,
    ended: ran.ended,
    exitCode: ran.exitCode,
    signal: ran.signal,
    meaning: judgement.meaning,
    durationMs: Math.round(ran.durationMs),
    level,
    resources: ran.resources ?? {},
    ...(ran.limitedBy === undefined ? {} : { limitedBy: ran.limitedBy }),
    stdout: recorded(ran.stdout),
    stderr: recorded(ran.stderr),
    provenance: judgement.provenance,
    ...(error === undefined ? {} : { error }),
    notes: ran.notes,
  };
}

/** What is recorded when the program could not be started, or was lost. */
export function failureRecord(id: string, level: SandboxLevel, error: unknown): ExecutionEnd {
  const nothing = recorded({ bytes: new Uint8Array(), truncated: false });
  return {
    execution: id,
    ended: "failed",
    exitCode: null,
    signal: null,
    durationMs: 0,
    level,
    resources: {},
    stdout: nothing,
    stderr: nothing,
    provenance: {},
    error: {
      code: isCodedError(error) ? error.code : "RUNTIME_FAILED",
      message: (error instanceof Error ? error.message : String(error))
        .slice(0, 2000)
        .toWellFormed(),
    },
    notes: [],
  };
}

function recorded({ bytes, truncated }: ReceivedStream): ExecutionEnd["stdout"] {
  return { digest: digestBytes(bytes), bytes: bytes.length, truncated };
}
