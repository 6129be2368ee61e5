import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { isSystemPath } from "../../bubblewrap/system-folders.ts";
import type { FoundProgram } from "../../trusted-program.ts";
import type { Launch } from "../../launch.ts";
import type { SandboxLevel } from "../../level.ts";
import type { ExecutionPolicy } from "../../policy.ts";
import type { SystemCallRule } from "../../seccomp/rules.ts";
import { filterArchitecture } from "../filter-architecture.ts";
import type { Journal } from "../journal.ts";
import type { ObservationOrNot } from "../observer-launch.ts";
import { watchedCalls } from "../observation-plan.ts";
import { findStrace, straceOptions } from "./find-strace.ts";
import { readTrace } from "./read-trace.ts";

/** Calls that are traced to know what paths mean and who is whose child. */
const trackingCalls: readonly string[] = [
  ...["chdir", "fchdir", "clone", "clone3", "fork", "vfork", "exit_group"],
];
/** What is read of a trace, in bytes. */
const MOST_TRACE = 64 * 1024 * 1024;

/**
 * Puts `strace` before a launch where the policy asks for it, outermost at every level: a call is seen before any filter refuses it.
 * Nothing of the launch changes. It is slower than the observer of our own, and the meaning of paths is
 * worked out afterwards.
 * @param starts How many programs the launch starts before the one that is observed.
 * @param observation Of the observer of our own, when that was asked for: what it sees need not be traced.
 */
export async function observeByStrace(
  launch: Launch,
  policy: ExecutionPolicy,
  level: SandboxLevel,
  rules: readonly SystemCallRule[],
  starts: number,
  privateFolders: readonly string[],
  observation: ObservationOrNot | undefined,
): Promise<Launch> {
  const { observe } = policy;
  const isSeen = observation !== undefined && !("why" in observation);
  if (observe === undefined || observe === false || isSeen) {
    return launch;
  }
  const architecture = filterArchitecture();
  const strace: FoundProgram =
    observe === "seccomp" ? { why: "strace was not asked for" } : await findStrace();
  if ("why" in strace || architecture === undefined) {
    const whys = [
      ...(observation === undefined ? [] : [observation.why]),
      "why" in strace ? strace.why : `there is no table of system calls for ${process.arch}`,
    ];
    return { ...launch, notes: [...launch.notes, `not observed: ${whys.join("; ")}`] };
  }
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-trace-")));
  const file = path.join(folder, "trace");
  const calls = watchedCalls(rules, architecture);
  const names = [...new Set([...calls.map(({ name }) => name), "execve", ...trackingCalls])];
  return {
    ...launch,
    file: strace.path,
    arg0: "strace",
    argv: [...straceOptions(names, file), launch.file, ...launch.argv],
    // Whatever this process inherited would stay open in the tracer.
    closesDescriptors: false,
    readJournal: (): Journal => {
      const { text, isCut } = readTraceFile(file);
      const { cwd } = launch;
      const readLink = (seen: string): string | undefined => linkOf(seen, policy, level);
      const program = realName(policy.executable.path);
      const read = readTrace(text, {
        ...{ policy, level, program, starts, calls, privateFolders, cwd, readLink },
      });
      const notes = [
        ...(isCut ? [`the trace is longer than ${MOST_TRACE} bytes; the rest is not told`] : []),
        ...(read.isWhole || isCut ? [] : ["the observation ended before the program did"]),
      ];
      return { observedBy: "strace", attempts: read.attempts, notes };
    },
    dispose: () => {
      launch.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readTraceFile(file: string): { readonly text: string; readonly isCut: boolean } {
  const bytes = Buffer.alloc(MOST_TRACE);
  let length = 0;
  try {
    const descriptor = openSync(file, "r");
    try {
      for (;;) {
        const read = readSync(
          descriptor,
          bytes,
          length,
          Math.min(MOST_TRACE - length, 2 ** 20),
          null,
        );
        length += read;
        if (read === 0) {
          break;
        }
      }
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // The run was ended before the tracer began.
  }
  return { text: bytes.toString("latin1", 0, length), isCut: length === MOST_TRACE };
}

/** A link of the files that the program saw, looked up where they lie on the host. */
function linkOf(seen: string, policy: ExecutionPolicy, level: SandboxLevel): string | undefined {
  const mount = [...policy.readRoots, ...policy.writeRoots].find(
    ({ target }) => seen === target || seen.startsWith(`${target}/`),
  );
  // What is below /proc would be this process's own.
  if (
    seen.startsWith("/proc/") ||
    (mount === undefined && level === "bubblewrap" && !isSystemPath(seen))
  ) {
    return undefined;
  }
  try {
    return readlinkSync(
      mount === undefined ? seen : mount.source + seen.slice(mount.target.length),
    );
  } catch {
    return undefined;
  }
}

function realName(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
