import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import type { ServiceLimits } from "./service-definition.ts";

/** A group of processes whose memory and number the kernel bounds. */
export interface ControlGroup {
  /** Calls `start` while this very process is in the group, so that what is started begins in it. */
  startInside<T>(start: () => T): T;
  /** How often the kernel killed something in it for its memory. */
  outOfMemory(): number;
  /** Removes it; everything in it has ended. */
  remove(): void;
}

/**
 * Makes a group, in whichever version of control groups this machine has.
 *
 * @param name A name of one path element.
 * @param base Where control groups are mounted.
 * @throws CodedError `SERVICE_LIMITS_UNKEPT` where they cannot be kept: a limit is never left out in silence
 */
export function makeControlGroup(
  name: string,
  limits: ServiceLimits,
  base = "/sys/fs/cgroup",
): ControlGroup {
  try {
    return existsSync(join(base, "cgroup.controllers"))
      ? unified(join(base, name), base, limits)
      : divided(name, base, limits);
  } catch (cause) {
    throw new CodedError({
      code: "SERVICE_LIMITS_UNKEPT",
      message: `${name}: expected control groups for memory and pids under ${base}, could not use them`,
      hint: "Start it as root on a kernel with control groups, or by systemd or Docker.",
      cause,
    });
  }
}

const bytesOf = ({ memoryMb }: ServiceLimits): string => String(memoryMb * 1024 * 1024);

function unified(folder: string, base: string, limits: ServiceLimits): ControlGroup {
  writeFileSync(join(base, "cgroup.subtree_control"), "+memory +pids");
  makeGroup(folder);
  writeFileSync(join(folder, "memory.max"), bytesOf(limits));
  writeIfThere(join(folder, "memory.swap.max"), "0");
  writeFileSync(join(folder, "pids.max"), String(limits.processes));
  return group([{ enter: folder, leave: base }], join(folder, "memory.events"));
}

function divided(name: string, base: string, limits: ServiceLimits): ControlGroup {
  const memory = join(base, "memory", name);
  const pids = join(base, "pids", name);
  for (const folder of [memory, pids]) makeGroup(folder);
  writeFileSync(join(memory, "memory.limit_in_bytes"), bytesOf(limits));
  writeIfThere(join(memory, "memory.memsw.limit_in_bytes"), bytesOf(limits));
  writeFileSync(join(pids, "pids.max"), String(limits.processes));
  return group(
    [
      { enter: memory, leave: join(base, "memory") },
      { enter: pids, leave: join(base, "pids") },
    ],
    join(memory, "memory.oom_control"),
  );
}

function group(
  places: readonly { readonly enter: string; readonly leave: string }[],
  events: string,
): ControlGroup {
  const move = (folder: string): void =>
    writeFileSync(join(folder, "cgroup.procs"), String(process.pid));
  return {
    startInside: (start) => {
      try {
        for (const { enter } of places) move(enter);
        return start();
      } finally {
        for (const { leave } of places) move(leave);
      }
    },
    outOfMemory: () => Number(/^oom_kill (\d+)$/mu.exec(readFileSync(events, "utf8"))?.[1] ?? 0),
    remove: () => {
      for (const { enter } of places) {
        try {
          rmdirSync(enter);
        } catch (error) {
          // What has ended and was not waited for, as where PID 1 is no init, keeps it: the next start takes it over.
          if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
        }
      }
    },
  };
}

/** One that a killed supervisor left is taken over. */
function makeGroup(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder);
}

/** Kernels without accounting of swap have no such file. */
function writeIfThere(file: string, text: string): void {
  if (existsSync(file)) writeFileSync(file, text);
}
