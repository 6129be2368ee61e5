import { readFileSync } from "node:fs";

import type { LimitedBy } from "../outcome.ts";
import type { Limits } from "../policy.ts";
import { findTrustedProgram } from "../trusted-program.ts";

/** Where util-linux's `prlimit` is looked for. */
const prlimitPaths: readonly string[] = ["/usr/bin/prlimit", "/bin/prlimit"];

/** What stands before a program's own path, so that it starts with limits of its own. */
export interface RlimitPrefix {
  /** Empty where `prlimit` is absent. */
  readonly argv: readonly string[];
  readonly limitedBy: LimitedBy;
}

let found: string | undefined | null = null;

/**
 * A command line that sets limits and becomes the program. Address space is not limited: V8 reserves
 * far more than it uses. Nor is processor time, which is summed over all processes elsewhere.
 * @param ownNamespace True inside a user namespace of the run's own, where the kernel counts its
 * processes apart from its user's others. It does not for root.
 */
export function rlimitPrefix(limits: Required<Limits>, ownNamespace: boolean): RlimitPrefix {
  const prlimit = findPrlimit();
  if (prlimit === undefined) {
    return { argv: [], limitedBy: {} };
  }
  const hard = hardLimits();
  const set = (option: string, name: string, value: number): string => {
    const bound = Math.min(value, hard.get(name) ?? value);
    return `--${option}=${bound}:${bound}`;
  };
  const counted = ownNamespace && process.getuid?.() !== 0;
  return {
    argv: [
      prlimit,
      "--core=0:0",
      set("nofile", "Max open files", limits.openFiles),
      set("fsize", "Max file size", limits.fileBytes),
      // One more than allowed, so that whoever takes it can be seen to.
      ...(counted ? [set("nproc", "Max processes", limits.processes + 1)] : []),
      "--",
    ],
    limitedBy: {
      openFiles: "rlimit",
      fileSize: "rlimit",
      ...(counted ? { processes: "rlimit" } : {}),
    },
  };
}

function findPrlimit(): string | undefined {
  if (found === null) {
    const program =
      process.platform === "linux" ? findTrustedProgram("prlimit", prlimitPaths) : undefined;
    found = program !== undefined && "path" in program ? program.path : undefined;
  }
  return found;
}

/** The bounds of this process, which a child cannot pass; `unlimited` is left out. */
function hardLimits(): ReadonlyMap<string, number> {
  try {
    const lines = readFileSync("/proc/self/limits", "latin1").matchAll(
      /^(Max [a-z ]*[a-z]) +\S+ +(\d+)/gmu,
    );
    return new Map([...lines].map(([, name, hard]) => [name ?? "", Number(hard)]));
  } catch {
    return new Map();
  }
}
