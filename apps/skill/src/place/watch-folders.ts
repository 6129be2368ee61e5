import { watch } from "node:fs/promises";

/** How long a burst of changes may go on before it counts as one. */
const QUIET_MS = 200;

/** Runs once, and again after each change below the folders, until it is cancelled. */
export async function watchFolders(
  folders: readonly string[],
  once: () => Promise<number>,
  signal: AbortSignal,
): Promise<number> {
  let wake: (() => void) | undefined;
  let changed = false;
  const watchers = folders.map(async (folder) => {
    try {
      for await (const _ of watch(folder, { recursive: true, signal })) {
        changed = true;
        wake?.();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  });
  signal.addEventListener("abort", () => wake?.(), { once: true });
  const failed = Promise.all(watchers);
  let code = await once();
  while (!signal.aborted) {
    if (!changed) {
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), failed]);
    }
    if (signal.aborted) break;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    changed = false;
    code = await once();
  }
  return code;
}
