import { CodedError } from "@clawkeep/diagnostics";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { executableBytes } from "../executable-bytes.ts";
import type { Driver, Launch } from "../launch.ts";
import type { LevelReport } from "../level.ts";
import { findLimitSetter } from "../limits/limited-start.ts";
import { planObservation, wantsObserver } from "../observe/observer-launch.ts";
import type { ObservationOrNot } from "../observe/observer-launch.ts";
import { observeByStrace } from "../observe/strace/observe-by-strace.ts";
import type { ExecutionPolicy } from "../policy.ts";
import { filterProgram } from "../seccomp/filter-program.ts";
import { systemCallRules } from "../seccomp/rules.ts";
import type { SystemCallRule } from "../seccomp/rules.ts";
import { supervise } from "../supervise.ts";
import { bubblewrapCommand } from "./command.ts";
import type { BubblewrapFeatures } from "./command.ts";
import { findBubblewrap, whatItsFileTells } from "./find-bubblewrap.ts";
import { closeMounts, openMounts } from "./open-mounts.ts";

const run = promisify(execFile);

const always: readonly string[] = ["programs and libraries of the host's /usr can be read and run"];
const orphan =
  "a runtime that is killed in the instant of starting a program may leave it running, confined, or leave a blocked bubblewrap";
const withoutDescriptors =
  "a root is bound by path: who can rename its parent folder could swap it while a run starts";
const withoutFilter = "Unix sockets that lie in a declared root can be reached";

interface Found {
  readonly path: string;
  readonly version: string | undefined;
  readonly features: BubblewrapFeatures;
}

/** For tests. */
export interface BubblewrapOptions {
  /** Where the program is looked for. */
  readonly candidates?: readonly string[];
  /** Exactly these features instead of the strongest that work, to see which layer holds. */
  readonly features?: BubblewrapFeatures;
}

/** Bubblewrap: namespaces for everything, a root made of declared folders, a system call filter. */
export function bubblewrapDriver(options: BubblewrapOptions = {}): Driver {
  let found: Promise<Found | string> | undefined;
  const find = (): Promise<Found | string> => (found ??= probe(options));
  return {
    level: "bubblewrap",
    detect: async (): Promise<LevelReport> => {
      const result = await find();
      if (typeof result === "string") {
        return { level: "bubblewrap", available: false, why: result, notCovered: [] };
      }
      return {
        level: "bubblewrap",
        available: true,
        path: result.path,
        ...(result.version === undefined ? {} : { version: result.version }),
        notCovered: gaps(result.features),
      };
    },
    prepare: async (policy) => {
      const result = await find();
      if (typeof result === "string") {
        throw new CodedError({ code: "SANDBOX_LEVEL_UNAVAILABLE", message: result });
      }
      return prepare(policy, result.path, result.features);
    },
  };
}

async function prepare(
  policy: ExecutionPolicy,
  bubblewrap: string,
  features: BubblewrapFeatures,
): Promise<Launch> {
  const program =
    policy.executable.digest === undefined ? undefined : await executableBytes(policy.executable);
  const reads = openMounts(policy.readRoots);
  try {
    const writes = openMounts(policy.writeRoots);
    try {
      const observation = wantsObserver(policy) ? observe(policy, features) : undefined;
      const observed = observation === undefined || "why" in observation ? undefined : observation;
      const command = bubblewrapCommand(
        policy,
        reads,
        writes,
        observed === undefined ? features : { ...features, filter: filterFor(observed.remaining) },
        program,
        observed,
      );
      const launch: Launch = {
        file: bubblewrap,
        arg0: "bwrap",
        argv: command.argv,
        cwd: "/",
        // Bubblewrap's own environment would be readable inside as /proc/1/environ.
        environment: {},
        descriptors: command.descriptors,
        insidePid,
        programRan: (status) => status.includes('"exit-code"'),
        limitedBy: command.limitedBy,
        closesDescriptors: command.closesDescriptors,
        ...(observed === undefined ? {} : { readJournal: observed.read }),
        notes: features.filter === undefined ? [withoutFilter] : [],
        dispose: () => {
          closeMounts(reads);
          closeMounts(writes);
        },
      };
      const rules = features.filter === undefined ? [] : systemCallRules;
      return await observeByStrace(
        ...([
          launch,
          policy,
          "bubblewrap",
          rules,
          starts() + 1,
          privateFolders,
          observation,
        ] as const),
      );
    } catch (error) {
      closeMounts(writes);
      throw error;
    }
  } catch (error) {
    closeMounts(reads);
    throw error;
  }
}

function observe(policy: ExecutionPolicy, features: BubblewrapFeatures): ObservationOrNot {
  if (features.filter === undefined) {
    return { why: "the kernel takes no system call filter here" };
  }
  return planObservation(policy, "bubblewrap", systemCallRules, starts(), privateFolders);
}

const privateFolders: readonly string[] = ["/tmp", "/dev/shm"];

/** How many programs are started inside before the one of the policy. */
function starts(): number {
  return findLimitSetter() === undefined ? 0 : 1;
}

function filterFor(rules: readonly SystemCallRule[]): Uint8Array {
  return filterProgram(rules, process.arch === "arm64" ? "arm64" : "x64");
}

function insidePid(status: string): number | undefined {
  // Written in pieces; bubblewrap lets the process go on when the line is whole.
  const pid = /"child-pid": *(\d+)[^\n]*\n/u.exec(status)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The strongest set of features first; user namespaces may be forbidden, so only a run can tell. */
async function probe(options: BubblewrapOptions): Promise<Found | string> {
  if (process.platform !== "linux") {
    return `bubblewrap needs Linux, this is ${process.platform}`;
  }
  const program = findBubblewrap(options.candidates);
  if ("why" in program) {
    return program.why;
  }
  const told = whatItsFileTells(program.path);
  const attempts: readonly BubblewrapFeatures[] =
    options.features === undefined ? featureSets(told.bindsByDescriptor) : [options.features];
  let why = "";
  for (const features of attempts) {
    const fault = await attempt(program.path, features);
    if (fault === undefined) {
      const version = told.version ?? (await askVersion(program.path));
      return { path: program.path, version, features };
    }
    why = fault;
  }
  return `${program.path} is installed but does not work here: ${why}`;
}

async function attempt(
  bubblewrap: string,
  features: BubblewrapFeatures,
): Promise<string | undefined> {
  try {
    const launch = await prepare(probePolicy, bubblewrap, features);
    const outcome = await supervise(launch, "bubblewrap", probePolicy.limits, {}).outcome;
    return outcome.exitCode === 0
      ? undefined
      : `the probe ended with ${String(outcome.exitCode ?? outcome.signal)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const probePolicy: ExecutionPolicy = {
  executable: { path: "/bin/true" },
  argv: [],
  cwd: "/",
  environment: {},
  readRoots: [{ source: "/usr", target: "/roots/probe" }],
  writeRoots: [],
  limits: { timeoutMs: 10_000, stdoutBytes: 1024, stderrBytes: 4096 },
  network: "none",
  level: "bubblewrap",
};

/** Strongest first. The filter is written for two architectures. */
function featureSets(bindsByDescriptor: boolean): readonly BubblewrapFeatures[] {
  const without = [
    ...(bindsByDescriptor ? [{ bindByDescriptor: true }] : []),
    { bindByDescriptor: false },
  ];
  if (process.arch !== "x64" && process.arch !== "arm64") {
    return without;
  }
  const filter = filterProgram(systemCallRules, process.arch);
  return [...without.map((features) => ({ ...features, filter })), ...without];
}

async function askVersion(bubblewrap: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(bubblewrap, ["--version"], { env: {}, cwd: "/", timeout: 10_000 });
    return /^bubblewrap (\S+)$/mu.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function gaps(features: BubblewrapFeatures): readonly string[] {
  return [
    ...always,
    orphan,
    ...(features.bindByDescriptor ? [] : [withoutDescriptors]),
    ...(features.filter === undefined ? [withoutFilter] : []),
  ];
}
