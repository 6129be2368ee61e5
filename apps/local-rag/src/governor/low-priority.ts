import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Makes way for everything else: nice 10 for each thread that there is, and so for each that is started
 * later. On Linux the priority of reading and writing follows from it (best effort, level 6). Where a
 * system refuses, the process goes on as it is.
 */
export function lowerPriority(): void {
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It ended meanwhile, or may not be changed.
    }
  }
}

/** Linux keeps a priority for each thread; elsewhere the process has one. */
function threads(): readonly number[] {
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return [0];
  }
}
