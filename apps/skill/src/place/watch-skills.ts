import { watch } from "node:fs";
import { join, resolve, sep } from "node:path";

/** How long nothing must change before a burst of changes counts as over, in milliseconds. */
const defaultQuietMs = 200;

/** What is watched, and what is done about it. */
export interface SkillWatch {
  /** Existing folders that are watched, with all that is or comes below them. */
  readonly places: readonly string[];
  /** The skill folders that there are now: one may come or go. */
  readonly folders: () => readonly string[];
  /** Tests these folders. */
  readonly once: (folders: readonly string[]) => Promise<number>;
  /** Called before each wait. */
  readonly onWait?: () => void;
  readonly quietMs?: number;
}

/**
 * Tests all skill folders, and then those in which something changed, again and again, until it is
 * cancelled. What changes during a test is tested after it.
 *
 * @returns the exit code of the last test
 */
export async function watchSkills(
  { places, folders, once, onWait, quietMs = defaultQuietMs }: SkillWatch,
  signal: AbortSignal,
): Promise<number> {
  const changed = new Set<string>();
  const failures: unknown[] = [];
  let events = 0;
  let wake: () => void = () => {};
  /** Whatever happens next. */
  const next = async (): Promise<void> => new Promise((proceed) => (wake = proceed));
  const watchers = places.map((place) =>
    watch(place, { recursive: true }, (_, name) => {
      events += 1;
      changed.add(join(resolve(place), name ?? ""));
      wake();
    }).on("error", (error) => {
      failures.push(error);
      wake();
    }),
  );
  const cancel = (): void => wake();
  signal.addEventListener("abort", cancel);
  try {
    let code = await once(folders());
    while (!signal.aborted) {
      onWait?.();
      const isQuiet = changed.size === 0 && failures.length === 0 && !signal.aborted;
      if (isQuiet) await next();
      let seen = -1;
      while (seen !== events && !signal.aborted) {
        seen = events;
        await quiet(quietMs, signal);
      }
      if (failures.length > 0) throw failures[0];
      const touched = folders().filter((folder) => holdsOne(resolve(folder), changed));
      changed.clear();
      if (touched.length > 0 && !signal.aborted) code = await once(touched);
    }
    return code;
  } finally {
    signal.removeEventListener("abort", cancel);
    for (const watcher of watchers) watcher.close();
  }
}

function holdsOne(folder: string, changed: ReadonlySet<string>): boolean {
  return [...changed].some((path) => path === folder || path.startsWith(folder + sep));
}

async function quiet(quietMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((proceed) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      proceed();
    };
    const timer = setTimeout(end, quietMs);
    signal.addEventListener("abort", end, { once: true });
  });
}
