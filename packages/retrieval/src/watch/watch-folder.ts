import { isCodedError } from "@clawkeep/diagnostics";

import { indexFolder } from "../ingest/index-folder.ts";
import type { IndexModel, IndexOptions, IndexReport } from "../ingest/index-run.ts";
import type { Wait } from "./change-gate.ts";
import { changeGate } from "./change-gate.ts";
import type { WatchFolder } from "./folder-watchers.ts";
import { FolderWatchers } from "./folder-watchers.ts";

/** What happened to a watched workspace. */
export type WatchEvent =
  /** The first run is done, or how changes are noticed is another from now on. */
  | {
      readonly event: "watching";
      /** `events` of the kernel, or `polling` because of `why`. */
      readonly by: "events" | "polling";
      readonly folders: number;
      readonly pollSeconds?: number;
      readonly why?: string;
    }
  /** A new snapshot is what queries see. */
  | { readonly event: "indexed"; readonly report: IndexReport }
  /** Something was told, and nothing that is indexed is different. */
  | { readonly event: "unchanged"; readonly report: IndexReport }
  /** A run failed; the published index is as it was, and the next change or a while later is another try. */
  | { readonly event: "failed"; readonly error: unknown }
  /** It was told to stop: between two runs, or within one, which the next run goes on with. */
  | { readonly event: "stopped"; readonly unfinished: boolean };

/** What {@link watchFolder} can be told. */
export interface WatchOptions {
  /** For each run; `list` is no way to watch. */
  readonly index?: Omit<IndexOptions, "list" | "onFolder" | "signal">;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WatchEvent) => void;
  /** Look at everything so often, in milliseconds, whatever is told. Default: only where folders cannot be watched. */
  readonly pollMs?: number;
  /** For tests: another clock. */
  readonly wait?: Wait;
  /** For tests: another `fs.watch`. */
  readonly watch?: WatchFolder;
}

/** Where the kernel tells nothing. */
const defaultPollMs = 30_000;
/** After a failed run: another writer, a full disk, a workspace that is not mounted. */
const retryMs = 10_000;
/** Another writer may take so long. */
const lockMs = 60_000;
/** Runs that find nothing may take a tenth of the time. */
const restFactor = 9;
const longestRestMs = 30_000;

/**
 * Brings the index of a workspace up to date, and again whenever something changed, until it is told
 * to stop. Each time is a whole run of `indexFolder`: the same walk, the same rules, one step that
 * publishes. Files that did not change cost a look at their times.
 *
 * @throws what the first run throws; later ones are events.
 */
export async function watchFolder(
  workspace: string,
  folder: string,
  registry: string,
  model: IndexModel,
  options: WatchOptions,
): Promise<void> {
  const { signal, onEvent } = options;
  const gate = changeGate(options.wait);
  using watchers = new FolderWatchers(gate.mark, options.watch);
  const run = async (): Promise<IndexReport> => {
    watchers.begin();
    const report = await indexFolder(workspace, folder, registry, model, {
      waitMs: lockMs,
      ...options.index,
      signal,
      onFolder: (walked) => watchers.take(walked),
    });
    watchers.finish();
    return report;
  };
  let known = "";
  for (let first = true; ; first = false) {
    const started = performance.now();
    let [rest, atLatest] = [0, options.pollMs];
    try {
      const report = await run();
      onEvent({ event: first || report.published ? "indexed" : "unchanged", report });
      const mode = modeOf(watchers, options.pollMs);
      const { folders: _, ...lasting } = mode;
      if (JSON.stringify(lasting) !== known) {
        known = JSON.stringify(lasting);
        onEvent(mode);
      }
      atLatest = mode.by === "polling" ? (options.pollMs ?? defaultPollMs) : undefined;
      rest = report.published ? 0 : (performance.now() - started) * restFactor;
    } catch (error) {
      if (signal.aborted) {
        onEvent({ event: "stopped", unfinished: true });
        return;
      }
      // Ours, not the world's: trying again would only hide it.
      if (first || !isCodedError(error)) {
        throw error;
      }
      onEvent({ event: "failed", error });
      atLatest = retryMs;
    }
    await gate.next(signal, atLatest, Math.min(rest, longestRestMs));
    if (signal.aborted) {
      onEvent({ event: "stopped", unfinished: false });
      return;
    }
  }
}

type Watching = Extract<WatchEvent, { readonly event: "watching" }>;

function modeOf(watchers: FolderWatchers, pollMs: number | undefined): Watching {
  const folders = watchers.size;
  const why = watchers.limit;
  if (why === undefined && pollMs === undefined) {
    return { event: "watching", by: "events", folders };
  }
  return {
    event: "watching",
    by: "polling",
    folders,
    pollSeconds: (pollMs ?? defaultPollMs) / 1000,
    ...(why === undefined ? {} : { why }),
  };
}
