import { openAuditLog } from "@clawkeep/audit-log";
import type { AuditLog, ObservedCaller, OpenAuditLogOptions } from "@clawkeep/audit-log";
import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { ensurePrivateFolder } from "@clawkeep/durable-files";
import type { FaultHook } from "@clawkeep/durable-files";
import type { ExecutionPolicy } from "@clawkeep/sandbox";
import path from "node:path";

import { closePaths } from "./binding/confine-paths.ts";
import { sweepDeadRuns } from "./cleaning/clean-scratch.ts";
import type { RuntimeConfiguration } from "./configuration/runtime-configuration.ts";
import type { Execution, Refusal } from "./execution.ts";
import type { InvocationRequest } from "./invocation-request.ts";
import type { SkillSurroundings } from "./lock/lock-skills.ts";
import { applyCeilings } from "./running/apply-ceilings.ts";
import { executionPolicy } from "./running/execution-policy.ts";
import { endRecord, failureRecord, startRecord } from "./running/execution-records.ts";
import type { RuntimeName } from "./running/execution-records.ts";
import { judgeOutput } from "./running/judge-output.ts";
import { keepArtifact } from "./running/keep-artifact.ts";
import { observeCaller } from "./running/observe-caller.ts";
import { planRun } from "./running/plan-run.ts";
import type { PlannedRun } from "./running/planned-run.ts";
import { passedVariables, programEnvironment } from "./running/program-environment.ts";
import type { ProgramRun } from "./running/program-run.ts";
import { ResidentPool } from "./running/resident-pool.ts";
import { runOneshot } from "./running/run-oneshot.ts";
import { defaultConcurrency, Turnstile } from "./running/turnstile.ts";
import type { Concurrency } from "./running/turnstile.ts";
import { deliverSecrets, secretVariables } from "./secrets/deliver-secrets.ts";
import { makeScrubber } from "./secrets/scrub.ts";
import { openServices } from "./services/open-services.ts";
import { scrubError, scrubRun, scrubValue } from "./secrets/scrub-run.ts";

/** Where a runtime works, and on whose behalf. */
export interface RuntimeOptions extends SkillSurroundings {
  /** Variables that contracts may let through by name. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The program that the records name. */
  readonly name?: RuntimeName;
  /** What the owner of the state folder decided: `readConfiguration`. Default: nothing. */
  readonly configuration?: RuntimeConfiguration;
  /** How many runs at one time, in all and of one skill, and how many requests wait. */
  readonly concurrency?: Concurrency;
  /** For tests: told of each step that changes the disk, see `@clawkeep/durable-files`. */
  readonly faults?: FaultHook;
}

/** Runs locked skills and records every run. */
export interface Runtime {
  /**
   * Checks, binds, records, runs, records. A program that fails is an execution, a request that is
   * refused is a refusal; what is thrown is a failure of the machinery itself.
   * @throws CodedError of the audit log (then nothing was run, or its result is withheld) and of the
   * sandbox (`SANDBOX_SETUP_FAILED` …; the end record says so)
   */
  invoke(request: InvocationRequest): Promise<Execution | Refusal>;
  /** Ends resident processes, waits for one-shot runs, and lets go of the log. Nothing new is run. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The audit log's folder below the state folder. */
export function auditFolder(home: string): string {
  return path.join(home, "audit");
}

function segmentsOf({
  audit = {},
}: RuntimeConfiguration): Pick<OpenAuditLogOptions, "segmentBytes" | "segmentRecords"> {
  const { segmentMegabytes, segmentRecords } = audit;
  return {
    ...(segmentMegabytes === undefined ? {} : { segmentBytes: segmentMegabytes * 1024 * 1024 }),
    ...(segmentRecords === undefined ? {} : { segmentRecords }),
  };
}

/**
 * Opens a runtime. Its state folder is made private if it does not exist.
 * @throws CodedError of `ensurePrivateFolder` and `openAuditLog`
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { home, environment: callerEnvironment = process.env, configuration = {} } = options;
  await ensurePrivateFolder(home);
  sweepDeadRuns(home);
  const log = await openAuditLog({
    folder: auditFolder(home),
    ...segmentsOf(configuration),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const context: Context = {
    options,
    log,
    name: options.name ?? { name: "@clawkeep/skill-runtime", version: "0.1.0" },
    callerEnvironment: withoutSecrets(callerEnvironment, configuration),
    residents: new ResidentPool(configuration.concurrency?.residents),
  };
  const surroundings = {
    ...options,
    secretSources: {
      home,
      environment: callerEnvironment,
      variables: configuration.secrets?.environment ?? [],
      commands: configuration.secrets?.commands ?? {},
    },
  };
  const turnstile = new Turnstile({
    ...defaultConcurrency,
    ...configuration.concurrency,
    ...options.concurrency,
  });
  const observed = new Map<string, Promise<ObservedCaller>>();
  const observe = (transport: string): Promise<ObservedCaller> => {
    const known = observed.get(transport) ?? observeCaller(home, transport);
    observed.set(transport, known);
    return known;
  };
  const inFlight = new Set<Promise<unknown>>();
  let isClosed = false;
  const refuseWhenClosed = (): void => {
    if (isClosed) {
      throw new CodedError({ code: "RUNTIME_CLOSED", message: "the runtime has been closed" });
    }
  };
  const invoke = async (request: InvocationRequest): Promise<Execution | Refusal> => {
    refuseWhenClosed();
    const { authenticated } = request.caller;
    const plan = await planRun(request, surroundings, {
      ...(await observe(request.caller.transport)),
      ...(authenticated === undefined ? {} : { authenticated }),
    });
    if ("kind" in plan) return plan;
    const planned = { ...plan, action: applyCeilings(plan.action, configuration) };
    try {
      const place = await turnstile.enter(planned.skill.name, request.signal);
      if (typeof place === "string") return notTaken(place, planned);
      try {
        refuseWhenClosed();
        const execution = await executeWithRetries(planned, context);
        return { ...execution, queueMs: place.queueMs };
      } finally {
        place.leave();
      }
    } finally {
      closePaths(planned.paths);
    }
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    await context.residents.close();
    // What runs is not lost: its end record is written before the log is closed.
    await Promise.allSettled(inFlight);
    await log.close();
  };
  return {
    invoke: (request) => {
      const result = invoke(request);
      inFlight.add(result);
      const forget = (): void => void inFlight.delete(result);
      result.then(forget, forget);
      return result;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Context {
  readonly options: RuntimeOptions;
  readonly log: AuditLog;
  readonly name: RuntimeName;
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly residents: ResidentPool;
}

/** Variables that are secrets never pass, whatever a contract asks for. */
function withoutSecrets(
  environment: Context["callerEnvironment"],
  { secrets }: RuntimeConfiguration,
): Context["callerEnvironment"] {
  const names = secrets?.environment ?? [];
  return names.length === 0
    ? environment
    : Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

function notTaken(why: "full" | "cancelled", { skill, actionName }: PlannedRun): Refusal {
  const isFull = why === "full";
  const finding: Finding = {
    code: isFull ? "QUEUE_FULL" : "QUEUE_CANCELLED",
    severity: "error",
    message: isFull
      ? "as many requests wait as may wait"
      : "the request was cancelled while it waited",
    hint: isFull ? "try again later" : "nothing was run",
  };
  return {
    kind: "refusal",
    stage: "queue",
    skill: skill.name,
    action: actionName,
    findings: [finding],
  };
}

/** Again when the contract says that it is worth trying. Each run has its own records. */
async function executeWithRetries(run: PlannedRun, context: Context): Promise<Execution> {
  const { attempts, on } = run.action.retries ?? { attempts: 1, on: [] };
  for (let attempt = 1; ; attempt += 1) {
    const execution = await execute(run, context);
    const isWorthTrying =
      run.form === "oneshot" &&
      execution.exitCode !== null &&
      execution.terminatedBy === undefined &&
      on.includes(execution.exitCode) &&
      run.request.signal?.aborted !== true;
    if (!isWorthTrying || attempt >= attempts) {
      return execution;
    }
  }
}

async function execute(run: PlannedRun, context: Context): Promise<Execution> {
  const passed = passedVariables(run.action, context.callerEnvironment);
  const makeEnvironment = (): ReturnType<typeof programEnvironment> =>
    programEnvironment(run.action, passed, run.level, context.options.home);
  if (run.form === "resident") {
    return context.residents.use(run, passed, makeEnvironment, (program) =>
      recorded(run, context, Object.keys(passed), program.next(), () => program.request(run)),
    );
  }
  const variables = [...Object.keys(passed), ...secretVariables(run.secrets)];
  const scrubber = makeScrubber(run.secrets);
  return recorded(run, context, variables, undefined, async () => {
    const environment = await makeEnvironment();
    try {
      const policy = executionPolicy(run, environment);
      const delivery = await deliverSecrets(policy, run.secrets, context.options.home);
      try {
        return scrubRun(await runConnected(run, delivery.policy, context.options.home), scrubber);
      } finally {
        delivery.dispose();
      }
    } catch (error) {
      throw scrubError(error, scrubber);
    } finally {
      environment.dispose();
    }
  });
}

/** An echo in place of the program talks to nobody. */
async function runConnected(
  run: PlannedRun,
  policy: ExecutionPolicy,
  home: string,
): Promise<ProgramRun> {
  const { trial } = run.request;
  if (run.action.services.length === 0 || trial?.echo === true) return runOneshot(run, policy);
  const services = await openServices(run.action, home, trial?.services);
  try {
    return await runOneshot(run, policy, services);
  } finally {
    services.close();
  }
}

/** Start record, run, end record. The result is handed on only when its record is on the disk. */
async function recorded(
  run: PlannedRun,
  { log, name, options }: Context,
  variables: readonly string[],
  resident: { readonly process: string; readonly request: number } | undefined,
  start: () => Promise<ProgramRun>,
): Promise<Execution> {
  const started = startRecord(run, name, log, variables, resident);
  const { id } = await log.start(
    run.secrets.length === 0 ? started : scrubValue(started, makeScrubber(run.secrets)),
  );
  run.request.onRecord?.(id);
  let ran: ProgramRun;
  try {
    ran = await start();
  } catch (error) {
    await log.end(failureRecord(id, run.level, error));
    throw error;
  }
  const judgement = await judgeOutput(run.action, ran);
  const { maxBytes } = run.action.output;
  const artifact =
    judgement.state === "truncated"
      ? await keepArtifact(options.home, ran.stdout.bytes, run.action.output.artifact?.days)
      : undefined;
  await log.end(endRecord(id, run.level, ran, judgement));
  return {
    kind: "execution",
    id,
    skill: run.skill.name,
    action: run.actionName,
    form: run.form,
    level: run.level,
    exitCode: ran.exitCode,
    signal: ran.signal,
    ...(ran.terminatedBy === undefined ? {} : { terminatedBy: ran.terminatedBy }),
    meaning: judgement.meaning,
    ok: judgement.meaning !== "failure" && judgement.state !== "invalid",
    output: judgement.state,
    outputFindings: judgement.findings,
    stdout:
      run.request.trial?.echo === true ? ran.stdout.bytes : ran.stdout.bytes.subarray(0, maxBytes),
    ...("json" in judgement ? { json: judgement.json } : {}),
    stderr: ran.stderr.bytes,
    ...(artifact === undefined ? {} : { artifact }),
    durationMs: ran.durationMs,
    provenance: judgement.provenance,
    ...(ran.error === undefined ? {} : { error: ran.error }),
    notes: ran.notes,
    ...(ran.attempts === undefined ? {} : { attempts: ran.attempts }),
    ...(ran.observedBy === undefined ? {} : { observedBy: ran.observedBy }),
  };
}
