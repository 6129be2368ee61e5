import { readlinkSync } from "node:fs";

import { readProcessStat } from "../process-stat.ts";

/** Who made a group: a process of a process id namespace. */
const form = /^clawkeep-(\d+)-(\d+)-(\d+)-\d+$/u;

let made = 0;

/** A new name. It tells whether its owner still lives, so that the next run can clear up after a `kill -9`. */
export function newGroupName(): string {
  const start = readProcessStat(process.pid)?.key.split(":")[1] ?? "0";
  made += 1;
  return `clawkeep-${namespace()}-${process.pid}-${start}-${made}`;
}

/** True for a group of ours whose owner is gone. One of another namespace is never judged: its ids mean others. */
export function isAbandoned(name: string): boolean {
  const [, where, pid, start] = form.exec(name) ?? [];
  return (
    where !== undefined &&
    where === namespace() &&
    readProcessStat(Number(pid))?.key !== `${pid}:${start}`
  );
}

function namespace(): string {
  try {
    return /\d+/u.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}
