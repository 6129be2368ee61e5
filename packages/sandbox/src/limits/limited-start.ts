import { readFileSync } from "node:fs";

import { findLauncher } from "../landlock/find-launcher.ts";
import type { LimitedBy } from "../outcome.ts";
import type { Limits } from "../policy.ts";
import { findTrustedProgram } from "../trusted-program.ts";

/** Where util-linux's `prlimit` is looked for. */
const prlimitPaths: readonly string[] = ["/usr/bin/prlimit", "/bin/prlimit"];

/** `asm-generic/resource.h`, and the same bounds as `/proc/self/limits` and `prlimit` name them. */
const rlimits = {
  fileSize: { resource: 1, name: "Max file size", option: "fsize" },
  core: { resource: 4, name: "Max core file size", option: "core" },
  processes: { resource: 6, name: "Max processes", option: "nproc" },
  openFiles: { resource: 7, name: "Max open files", option: "nofile" },
} as const;

/** A bound that the kernel keeps for each process by itself. */
export interface Rlimit {
  readonly resource: number;
  readonly value: number;
}

/** What sets the limits of a program before it starts, where the level cannot. */
export type LimitSetter =
  | { readonly kind: "launcher"; readonly descriptor: number }
  | { readonly kind: "prlimit"; readonly path: string };

/** The program that is to start. */
export interface UnlimitedStart {
  readonly file: string;
  readonly arg0: string;
  readonly argv: readonly string[];
  /** Descriptors from 3 up that it keeps. */
  readonly kept: readonly number[];
}

/** The same program behind what sets its limits. */
export interface LimitedStart {
  /** What is executed. */
  readonly file: string;
  readonly arg0: string;
  readonly argv: readonly string[];
  readonly limitedBy: LimitedBy;
  /** True when the program gets no descriptor from 3 up but those that it keeps, whoever left one open. */
  readonly closesDescriptors: boolean;
}

/**
 * The rlimits of a policy. Address space is not limited: V8 reserves far more than it uses. Nor is
 * processor time, which is summed over all processes elsewhere.
 * @param ownNamespace True inside a user namespace of the run's own, where the kernel counts its
 * processes apart from its user's others. It does not for root.
 */
export function rlimitsOf(limits: Required<Limits>, ownNamespace: boolean): readonly Rlimit[] {
  const counted = ownNamespace && process.getuid?.() !== 0;
  return [
    { resource: rlimits.core.resource, value: 0 },
    { resource: rlimits.fileSize.resource, value: limits.fileBytes },
    { resource: rlimits.openFiles.resource, value: limits.openFiles },
    // One more than allowed, so that whoever takes it can be seen to.
    ...(counted ? [{ resource: rlimits.processes.resource, value: limits.processes + 1 }] : []),
  ];
}

/** What a reader of the record is told of these limits. */
export function limitedByOf(limits: readonly Rlimit[]): LimitedBy {
  const has = ({ resource }: { readonly resource: number }): boolean =>
    limits.some((limit) => limit.resource === resource);
  return {
    ...(has(rlimits.openFiles) ? { openFiles: "rlimit" } : {}),
    ...(has(rlimits.fileSize) ? { fileSize: "rlimit" } : {}),
    ...(has(rlimits.processes) ? { processes: "rlimit" } : {}),
  };
}

let found: LimitSetter | undefined | null = null;

/**
 * Our own launcher, which is one small static file, else `prlimit`, which costs a run a millisecond
 * more; looked for once a process.
 */
export function findLimitSetter(): LimitSetter | undefined {
  if (found === null) {
    found = process.platform === "linux" ? (fromLauncher() ?? fromPrlimit()) : undefined;
  }
  return found;
}

/**
 * Puts what sets the limits before a program. `give` hands a descriptor of ours to the process that is
 * to start, and says which number it has there. Without a setter nothing changes.
 */
export function limitedStart(
  { file, arg0, argv, kept }: UnlimitedStart,
  limits: readonly Rlimit[],
  setter: LimitSetter | undefined,
  give: (descriptor: number) => number,
): LimitedStart {
  if (setter === undefined) {
    return { file, arg0, argv, limitedBy: {}, closesDescriptors: false };
  }
  const limitedBy = limitedByOf(limits);
  if (setter.kind === "launcher") {
    const list = limits.map(({ resource, value }) => `${resource}:${value}`).join(",");
    return {
      file: `/proc/self/fd/${give(setter.descriptor)}`,
      arg0: "clawkeep-launcher",
      argv: ["--limits", list || "-", kept.join(",") || "-", file, arg0, ...argv],
      limitedBy,
      closesDescriptors: true,
    };
  }
  const hard = hardLimits();
  const options = Object.values(rlimits).flatMap(({ resource, name, option }) => {
    const limit = limits.find((one) => one.resource === resource);
    if (limit === undefined) {
      return [];
    }
    const bound = Math.min(limit.value, hard.get(name) ?? limit.value);
    return [`--${option}=${bound}:${bound}`];
  });
  return {
    file: setter.path,
    arg0: setter.path,
    // What `prlimit` becomes has its path as its name.
    argv: [...options, "--", file, ...argv],
    limitedBy,
    closesDescriptors: false,
  };
}

function fromLauncher(): LimitSetter | undefined {
  const launcher = findLauncher();
  return "why" in launcher ? undefined : { kind: "launcher", descriptor: launcher.descriptor };
}

function fromPrlimit(): LimitSetter | undefined {
  const program = findTrustedProgram("prlimit", prlimitPaths);
  return "path" in program ? { kind: "prlimit", path: program.path } : undefined;
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
