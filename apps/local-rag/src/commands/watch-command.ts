import path from "node:path";

import { count, formatError, isCodedError } from "@clawkeep/diagnostics";
import type { WatchEvent } from "@clawkeep/retrieval";
import { jsonForModel, watchFolder } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { integerOf } from "../arguments/parse-flags.ts";
import { upkeepCommands } from "../arguments/upkeep-table.ts";
import { cpuPace } from "../governor/cpu-pace.ts";
import { lowerPriority } from "../governor/low-priority.ts";
import { shareOfMachine } from "../governor/share-of-machine.ts";
import { keepHeapSmall } from "../governor/small-heap.ts";
import { describeReport } from "../output/describe-report.ts";
import { progressWriter } from "../output/progress.ts";
import { indexPlace, registryPlace } from "../place/index-place.ts";
import { indexModel, onInterrupt, progressForm } from "./indexing.ts";

/** `local-rag watch`: ends with Ctrl-C, and then with exit code 0. */
export async function runWatch(options: RawOptions): Promise<number> {
  const spec = upkeepCommands.watch;
  const workspace = path.resolve(options.positional[0] ?? "");
  const share = shareOfMachine(spec, options);
  const poll = integerOf(spec, options, "poll", { from: 1, to: 86_400 });
  const writer = progressWriter(progressForm(spec, options), process.stderr);
  const abort = new AbortController();
  using _ = onInterrupt(abort);
  keepHeapSmall();
  if (share.governed) {
    lowerPriority();
  }
  const onEvent = (event: WatchEvent): void => {
    writer.end();
    process.stdout.write(
      options.flags.has("json") ? `${jsonForModel(toJson(event))}\n` : describe(event),
    );
  };
  await watchFolder(
    workspace,
    indexPlace(options, workspace),
    registryPlace(options),
    indexModel(options, share),
    {
      signal: abort.signal,
      onEvent,
      index: {
        shared: options.flags.has("share"),
        onProgress: writer.report,
        ...(share.governed ? { pace: cpuPace(share.processors, abort.signal) } : {}),
      },
      ...(poll === undefined ? {} : { pollMs: poll * 1000 }),
    },
  );
  return 0;
}

/** One line of NDJSON. Findings of a report are those of the whole folder: as a number here. */
function toJson(event: WatchEvent): object {
  if (event.event === "failed") {
    const { error } = event;
    return isCodedError(error)
      ? { event: "failed", code: error.code, message: error.message, hint: error.hint }
      : { event: "failed", message: String(error) };
  }
  if ("report" in event) {
    const { findings, ...report } = event.report;
    return { event: event.event, ...report, findings: findings.length };
  }
  return event;
}

function describe(event: WatchEvent): string {
  switch (event.event) {
    case "watching": {
      const folders = count(event.folders, "folder");
      if (event.by === "events") {
        return `watching ${folders}; Ctrl-C ends it\n`;
      }
      const every = `looking at every file each ${count(event.pollSeconds ?? 0, "second")}`;
      return event.why === undefined
        ? `watching ${folders}, and ${every}\n`
        : `watching ${folders} only, the system has no more watches (${event.why}), so ${every}\n` +
            "  more: sysctl fs.inotify.max_user_watches, fs.inotify.max_user_instances\n";
    }
    case "indexed":
      return describeReport(event.report);
    case "failed":
      return `${formatError(event.error)}\n`;
    case "stopped":
      return event.unfinished
        ? "stopped within a run: the published index is as it was, and the next run goes on\n"
        : "stopped\n";
    default:
      return "";
  }
}
