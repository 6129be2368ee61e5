import { accessSync, constants, realpathSync } from "node:fs";

import { mainProgram } from "../place/release.ts";

/**
 * What V8 is told where a process answers requests for days. A young space of one size; the old space is looked through
 * when it has grown by a tenth; and nothing is made in the old space at once because its like often lived on: under load
 * that is what waits for its turn, and it would be garbage there a moment later.
 *
 * @param youngMegabytes Of each half of the young space. What is under way when a half is full is copied, and what is
 * copied twice goes into the old space: large enough that nearly every request is over by then.
 */
export function levelHeap(youngMegabytes: number): readonly string[] {
  return [
    `--min-semi-space-size=${youngMegabytes}`,
    `--max-semi-space-size=${youngMegabytes}`,
    "--heap-growing-percent=10",
    "--no-allocation-site-pretenuring",
  ];
}

/** A service passes requests on. */
export const serviceHeap: readonly string[] = levelHeap(1);

/**
 * What is freed goes back to the system. glibc keeps an arena for each thread, and holes in each: with those of V8's
 * and Node's own threads a service grew by 4 MB a minute, with a heap that stayed as it was. V8's compilers take memory
 * in pieces of 32 kB, up to 5 MB at once: each is mapped by itself, and so leaves no hole. Other C libraries know none
 * of these names.
 */
export const levelAllocator: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "16384",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

/**
 * Both are read when a process starts: this one starts anew as itself, with the same arguments and the same
 * descriptors, unless it was started so. Where a system cannot do that it goes on as it is.
 */
export function becomeLevel(): void {
  const { execArgv, execPath, argv, env } = process;
  if (serviceHeap.every((flag) => execArgv.includes(flag)) || !isReplaceable()) return;
  const { execve } = process as { readonly execve?: typeof process.execve };
  execve?.(execPath, [execPath, ...execArgv, ...serviceHeap, ...argv.slice(1)], {
    ...env,
    ...levelAllocator,
  });
}

/** Whether this is the program itself, and not somebody who has loaded it, and its file is still there. */
function isReplaceable(): boolean {
  try {
    accessSync(process.execPath, constants.X_OK);
    return realpathSync(process.argv[1] ?? "") === realpathSync(mainProgram);
  } catch {
    return false;
  }
}
