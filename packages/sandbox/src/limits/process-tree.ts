import { readdirSync, readFileSync } from "node:fs";

import { readProcessStat, readResidentBytes } from "./process-stat.ts";
import type { ProcessStat } from "./process-stat.ts";

/**
 * The processes that live below the given ones, these included. Inside a process id namespace that
 * is everybody: whoever loses a parent there gets the namespace's first process as the new one.
 */
export function processTree(roots: Iterable<number>): readonly ProcessStat[] {
  const found: ProcessStat[] = [];
  const seen = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (seen.has(pid)) {
      continue;
    }
    seen.add(pid);
    const stat = readProcessStat(pid);
    if (stat === undefined || (stat.state === "Z" && stat.threads <= 1)) {
      continue;
    }
    found.push(stat.state === "Z" ? { ...stat, rssBytes: threadsRssBytes(stat) } : stat);
    queue.push(...childrenOf(stat));
  }
  return found;
}

/** A process whose first thread has ended shows no memory, though its other threads have it all. */
function threadsRssBytes({ pid }: ProcessStat): number {
  try {
    return Math.max(
      ...readdirSync(`/proc/${pid}/task`).map((thread) =>
        readResidentBytes(`/proc/${pid}/task/${thread}`),
      ),
    );
  } catch {
    return 0;
  }
}

/** Children belong to the thread that made them. */
function childrenOf({ pid, threads }: ProcessStat): readonly number[] {
  const read = (thread: string | number): readonly number[] => {
    try {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    } catch {
      return [];
    }
  };
  if (threads === 1) {
    return read(pid);
  }
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(read);
  } catch {
    return [];
  }
}
