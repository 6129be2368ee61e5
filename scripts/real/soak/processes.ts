import { readdirSync, readFileSync } from "node:fs";

/** A process as /proc shows it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly command: readonly string[];
}

/** All processes below one, itself included, parents first. */
export function descendantsOf(pid: number): readonly ProcessFacts[] {
  const all = readdirSync("/proc").flatMap((name) =>
    /^[0-9]+$/u.test(name) ? factsOf(Number(name)) : [],
  );
  const found = all.filter((facts) => facts.pid === pid);
  for (const { pid: parent } of found) {
    found.push(...all.filter((facts) => facts.parent === parent));
  }
  return found;
}

/** Anonymous memory of a process in bytes: what it allocated, without mapped files. 0 when it has ended. */
export function anonymousMemory(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB$/mu.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function factsOf(pid: number): readonly ProcessFacts[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return [{ pid, parent: Number(/^PPid:\s+(\d+)$/mu.exec(status)?.[1]), command }];
  } catch {
    return [];
  }
}
