import { CodedError } from "@clawkeep/diagnostics";
import { closeSync } from "node:fs";

import { closeMounts, openMounts } from "../bubblewrap/open-mounts.ts";
import type { OpenMount } from "../bubblewrap/open-mounts.ts";
import { systemFolders } from "../bubblewrap/system-folders.ts";
import type { Driver, GivenDescriptor, Launch } from "../launch.ts";
import type { LevelReport } from "../level.ts";
import { effectiveLimits } from "../limits/effective-limits.ts";
import { limitedByOf, rlimitsOf } from "../limits/limited-start.ts";
import type { Attempt } from "../observe/attempt.ts";
import { observeFromOutside, planObservation, wantsObserver } from "../observe/observer-launch.ts";
import { observeByStrace } from "../observe/strace/observe-by-strace.ts";
import type { ExecutionPolicy } from "../policy.ts";
import { filterProgram } from "../seccomp/filter-program.ts";
import { landlockCallRules } from "../seccomp/rules.ts";
import { supervise } from "../supervise.ts";
import { findLauncher } from "./find-launcher.ts";
import type { FoundLauncher } from "./find-launcher.ts";
import { encodeLauncherPolicy } from "./launcher-policy.ts";
import type { Grant } from "./launcher-policy.ts";
import { landlockAbi, leftBehind, programPid, programRan, setupFault } from "./launcher-status.ts";
import { openProgram } from "./open-program.ts";
import type { OpenProgram } from "./open-program.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { RunFolder } from "./run-folder.ts";

/** Below this a file that cannot be written can still be emptied (`linux/landlock.h`, Linux 6.2). */
const LEAST_ABI = 3;
/** Abstract Unix sockets and signals are kept inside (Linux 6.12). */
const SCOPED_ABI = 6;

/** Descriptors of the launcher, which is itself the first: see {@link prepare}. */
const [POLICY, FILTER, STATUS, PROGRAM, FIRST_ROOT] = [4, 5, 6, 7, 8];

const UMASK = 0o077;

/** Devices that programs take for granted. */
const devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/** Node does not start where these exist and are refused; where they are absent it does. */
const openSslSettings = ["/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"];

const always: readonly string[] = [
  "that a file outside exists, its size, times, owner and where a link points can be seen",
  "paths are the host's own: nothing is mounted, and names of folders outside can be guessed",
  "programs and libraries of the host's /usr can be read and run",
  "/proc is closed, so programs that need it fail; modes, owners, times and extended attributes cannot be changed anywhere",
  "a launcher that is killed by somebody outside may leave confined processes running",
  "many files can fill the disk: the private folder is a folder of the host, and only the size of one file is bounded",
];
const unscoped = "other processes of the same user can be signalled: the kernel is older than 6.12";

interface Found {
  readonly launcher: FoundLauncher;
  readonly abi: number;
}

/** Landlock and a system call filter, set by a launcher of our own: no namespaces, no privilege. */
export function landlockDriver(folders?: readonly string[]): Driver {
  let found: Promise<Found | string> | undefined;
  const find = (): Promise<Found | string> => (found ??= probe(folders));
  return {
    level: "landlock",
    detect: async (): Promise<LevelReport> => {
      const result = await find();
      if (typeof result === "string") {
        return { level: "landlock", available: false, why: result, notCovered: [] };
      }
      return {
        level: "landlock",
        available: true,
        path: result.launcher.path,
        version: `ABI ${result.abi}, launcher ${result.launcher.digest}`,
        notCovered: result.abi < SCOPED_ABI ? [...always, unscoped] : always,
      };
    },
    prepare: async (policy) => {
      const result = await find();
      if (typeof result === "string") {
        throw new CodedError({ code: "SANDBOX_LEVEL_UNAVAILABLE", message: result });
      }
      return prepare(policy, result.launcher);
    },
  };
}

async function prepare(policy: ExecutionPolicy, launcher: FoundLauncher): Promise<Launch> {
  const folder = makeRunFolder();
  let program: OpenProgram | undefined;
  const mounts: OpenMount[] = [];
  const dispose = (): void => {
    closeMounts(mounts.splice(0));
    if (program !== undefined) {
      closeSync(program.descriptor);
      program = undefined;
    }
    folder.remove();
  };
  try {
    program = await openProgram(policy, folder);
    mounts.push(...openMounts(policy.readRoots));
    const reads = mounts.length;
    mounts.push(...openMounts(policy.writeRoots));
    const observation = wantsObserver(policy)
      ? planObservation(policy, "landlock", landlockCallRules, 1, [folder.tmp])
      : undefined;
    const rules =
      observation === undefined || "why" in observation ? landlockCallRules : observation.remaining;
    const filter = filterProgram(rules, process.arch === "arm64" ? "arm64" : "x64");
    const bytes = launcherPolicy(policy, folder, program, mounts, reads, filter.length);
    const descriptors: readonly GivenDescriptor[] = [
      { kind: "open", descriptor: launcher.descriptor },
      { kind: "bytes", bytes },
      { kind: "gate", bytes: filter },
      { kind: "status" },
      { kind: "open", descriptor: program.descriptor },
      ...mounts.map(({ descriptor }): GivenDescriptor => ({ kind: "open", descriptor })),
    ];
    const launch: Launch = {
      file: "/proc/self/fd/3",
      arg0: "clawkeep-launcher",
      argv: [POLICY, FILTER, STATUS].map(String),
      cwd: "/",
      environment: {},
      descriptors,
      insidePid: programPid,
      insideGroup: true,
      programRan,
      setupFault,
      notesAtEnd: (status, exitCode) => endNotes(status, exitCode, policy.writeRoots.length > 0),
      limitedBy: limitedByOf(rlimitsOf(effectiveLimits(policy.limits), false)),
      closesDescriptors: true,
      notes: [],
      dispose,
    };
    return observation === undefined || "why" in observation
      ? await observeByStrace(
          ...([
            launch,
            policy,
            "landlock",
            landlockCallRules,
            1,
            [folder.tmp],
            observation,
          ] as const),
        )
      : withLeftBehind(observeFromOutside(launch, observation));
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The launcher ends what was left behind before the observer could see it, and says how many there were. */
function withLeftBehind(launch: Launch): Launch {
  const { readJournal } = launch;
  if (readJournal === undefined) {
    return launch;
  }
  return {
    ...launch,
    readJournal: (journal, status) => {
      const read = readJournal(journal, status);
      const isKnown = read.attempts.some(({ kind }) => kind === "left-behind");
      const times = isKnown ? 0 : leftBehind(status);
      const left: readonly Attempt[] =
        times === 0 ? [] : [{ kind: "left-behind", call: "exit", allowed: false, times }];
      return { ...read, attempts: [...read.attempts, ...left] };
    },
  };
}

/** A filter sees no paths, so it refuses these calls in write roots as it does outside. */
const noMetadata =
  "the run failed; at this level modes, owners, times and extended attributes cannot be changed in write roots either, so a program that copies a file with its mode (fs.copyFile, shutil.copy, cp -p) fails: let it write the bytes alone, or require bubblewrap";

function endNotes(status: string, exitCode: number | null, writes: boolean): readonly string[] {
  const left = leftBehind(status);
  return [
    ...(left === 0
      ? []
      : [`${left} ${left === 1 ? "process was" : "processes were"} left behind, and killed`]),
    ...(writes && exitCode !== null && exitCode !== 0 ? [noMetadata] : []),
  ];
}

function launcherPolicy(
  policy: ExecutionPolicy,
  folder: RunFolder,
  program: OpenProgram,
  mounts: readonly OpenMount[],
  reads: number,
  filterBytes: number,
): Uint8Array {
  const grants: readonly Grant[] = [
    ...[...systemFolders(), ...openSslSettings].map((path): Grant => ({
      class: "read",
      at: { path },
    })),
    ...devices.map((path): Grant => ({ class: "device", at: { path } })),
    { class: "write", at: { path: folder.tmp } },
    ...(policy.executable.digest === undefined
      ? []
      : [{ class: "read", at: { path: program.path } } satisfies Grant]),
    ...mounts.map((_, index): Grant => ({
      class: index < reads ? "read" : "write",
      at: { descriptor: FIRST_ROOT + index },
    })),
  ];
  return encodeLauncherPolicy({
    program: program.isScript ? { path: program.path } : { descriptor: PROGRAM },
    argv: [policy.arg0 ?? program.path, ...policy.argv],
    environment: Object.fromEntries(
      Object.entries(policy.environment).map(([name, value]) => [name, inside(value, folder)]),
    ),
    cwd: inside(policy.cwd, folder),
    grants,
    rlimits: rlimitsOf(effectiveLimits(policy.limits), false),
    umask: UMASK,
    filterBytes,
    kept: policy.keptDescriptors ?? [],
  });
}

/** Nothing can be mounted, so what stands for the sandbox's own `/tmp` has another name. */
function inside(text: string, folder: RunFolder): string {
  return text === "/tmp" ? folder.tmp : text;
}

async function probe(folders: readonly string[] | undefined): Promise<Found | string> {
  if (process.platform !== "linux") {
    return `Landlock needs Linux, this is ${process.platform}`;
  }
  const launcher = findLauncher(folders);
  if ("why" in launcher) {
    return launcher.why;
  }
  let status = "";
  try {
    const launch = await prepare(probePolicy, launcher);
    const notesAtEnd = (told: string): readonly string[] => {
      status = told;
      return [];
    };
    const setup = (told: string): CodedError => {
      status = told;
      return setupFault(told);
    };
    const watched: Launch = { ...launch, notesAtEnd, setupFault: setup };
    const outcome = await supervise(watched, "landlock", probePolicy.limits, {}).outcome;
    return outcome.exitCode === 0
      ? { launcher, abi: landlockAbi(status) }
      : `the probe ended with ${String(outcome.exitCode ?? outcome.signal)}`;
  } catch (error) {
    const abi = landlockAbi(status);
    if (status !== "" && abi < LEAST_ABI) {
      return abi === 0
        ? "this kernel has no Landlock, or it is switched off"
        : `this kernel's Landlock has version ${abi}, and at least ${LEAST_ABI} is needed (Linux 6.2)`;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

const probePolicy: ExecutionPolicy = {
  executable: { path: "/bin/true" },
  argv: [],
  cwd: "/tmp",
  environment: {},
  readRoots: [],
  writeRoots: [],
  limits: { timeoutMs: 10_000, stdoutBytes: 1024, stderrBytes: 4096 },
  network: "none",
  level: "landlock",
};
