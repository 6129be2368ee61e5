import { readFileSync, readlinkSync } from "node:fs";

import type { ProcessStamp } from "./records.ts";

/**
 * This process, told from all others: a pid alone is given to another process sooner or later.
 * Where there is no /proc, the pid is all there is.
 */
export function ownProcess(): ProcessStamp {
  const mark = processMark(process.pid);
  return mark === undefined ? { pid: process.pid } : { pid: process.pid, process: mark };
}

/** True when the very process is alive and visible from here. Never true for a pid alone. */
export function isAlive(stamp: ProcessStamp): boolean {
  return stamp.process !== undefined && processMark(stamp.pid) === stamp.process;
}

function processMark(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = /[0-9]+/u.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
    // proc(5): the second field, in brackets, may hold spaces and brackets; state is field 3 and
    // the start in clock ticks since boot is field 22.
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const [state, ticks] = [fields[0], fields[19]];
    return state === "Z" || namespace === undefined || ticks === undefined
      ? undefined
      : `${boot}/${namespace}/${ticks}`;
  } catch {
    return undefined;
  }
}
