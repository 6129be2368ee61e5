import { readFileSync } from "node:fs";

/** `USER_HZ`: the unit of times in `/proc/PID/stat`, 100 on every architecture that Linux ships. */
const TICKS_PER_SECOND = 100;
/** Linux pages are 4096 bytes on x86-64, and where Node runs on arm64 by default. */
const PAGE_BYTES = 4096;

/** One process as `/proc/PID/stat` shows it. */
export interface ProcessStat {
  readonly pid: number;
  /** Tells this process from a later one with the same id: pid and start time. */
  readonly key: string;
  readonly state: string;
  readonly parent: number;
  readonly threads: number;
  /** Resident, pages shared with others included. */
  readonly rssBytes: number;
  /** Its own processor time. */
  readonly ownCpuMs: number;
  /** Of the children that it has waited for. */
  readonly childrenCpuMs: number;
}

/** Reads a process; `undefined` when there is none. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Parses a line of proc_pid_stat(5); `undefined` when it is none. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  // The name stands in brackets and may hold anything, brackets and newlines too.
  const end = line.lastIndexOf(")");
  const pid = Number.parseInt(line, 10);
  if (end === -1 || !Number.isInteger(pid)) {
    return undefined;
  }
  // The first of these is field 3 of the manual.
  const fields = line.slice(end + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  const milliseconds = (ticks: number): number => (ticks * 1000) / TICKS_PER_SECOND;
  const stat = {
    pid,
    key: `${pid}:${fields[22 - 3] ?? ""}`,
    state: fields[0] ?? "",
    parent: field(4),
    threads: field(20),
    rssBytes: field(24) * PAGE_BYTES,
    ownCpuMs: milliseconds(field(14) + field(15)),
    childrenCpuMs: milliseconds(field(16) + field(17)),
  };
  return Object.values(stat).some((value) => Number.isNaN(value)) ? undefined : stat;
}

/** Resident memory by `statm` in a folder of `/proc`; 0 when it cannot be seen. */
export function readResidentBytes(folder: string): number {
  try {
    return Number(readFileSync(`${folder}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/**
 * Memory of a process with shared pages divided among those that share them, in bytes; `undefined`
 * when it cannot be seen.
 */
export function readProportionalBytes(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    const kilobytes = /^Pss:\s+(\d+) kB$/mu.exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
