import { readFile } from "node:fs/promises";
import path from "node:path";

import { CodedError, escapeForTerminal, formatError, formatFinding } from "@clawkeep/diagnostics";
import type { IndexReport } from "@clawkeep/retrieval";
import { indexFolder, jsonForModel } from "@clawkeep/retrieval";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf } from "../arguments/parse-flags.ts";
import { cpuPace } from "../governor/cpu-pace.ts";
import { lowerPriority } from "../governor/low-priority.ts";
import { shareOfMachine } from "../governor/share-of-machine.ts";
import { keepHeapSmall } from "../governor/small-heap.ts";
import { describeReport } from "../output/describe-report.ts";
import { progressWriter } from "../output/progress.ts";
import { indexPlace, registryPlace } from "../place/index-place.ts";
import { indexModel, onInterrupt, progressForm } from "./indexing.ts";

/** Findings that are printed for people; `--json` has all of them. */
const shownFindings = 20;

/** `local-rag index`. Ctrl-C ends it between two steps: what was embedded is kept. */
export async function runIndex(options: RawOptions): Promise<number> {
  const workspace = path.resolve(options.positional[0] ?? "");
  const index = indexPlace(options, workspace);
  const registry = registryPlace(options);
  const share = shareOfMachine(commands.index, options);
  const list = await readList(textOf(options, "list"));
  const writer = progressWriter(progressForm(commands.index, options), process.stderr);
  const abort = new AbortController();
  using _ = onInterrupt(abort);
  keepHeapSmall();
  if (share.governed) {
    lowerPriority();
  }
  try {
    const report = await indexFolder(workspace, index, registry, indexModel(options, share), {
      ...(list === undefined ? {} : { list }),
      rehash: options.flags.has("rehash"),
      compact: options.flags.has("compact"),
      shared: options.flags.has("share"),
      ...(share.memory === undefined ? {} : { memory: share.memory }),
      onProgress: writer.report,
      signal: abort.signal,
      ...(share.governed ? { pace: cpuPace(share.processors, abort.signal) } : {}),
    });
    writer.end();
    printFindings(report);
    process.stdout.write(
      options.flags.has("json")
        ? `${jsonForModel({ version: 1, index, registry, ...report })}\n`
        : describeReport(report),
    );
    return 0;
  } catch (error) {
    writer.end();
    process.stderr.write(`${formatError(error)}\n`);
    return abort.signal.aborted ? 130 : 2;
  }
}

function printFindings({ findings }: IndexReport): void {
  for (const finding of findings.slice(0, shownFindings)) {
    process.stderr.write(`${formatFinding(finding)}\n`);
  }
  if (findings.length > shownFindings) {
    process.stderr.write(
      `… and ${findings.length - shownFindings} more findings; --json lists all of them\n`,
    );
  }
}

async function readList(file: string | undefined): Promise<readonly string[] | undefined> {
  if (file === undefined) {
    return undefined;
  }
  try {
    const text = await readFile(file, "utf8");
    return text.split(/\r?\n/u).filter((line) => line.trim() !== "");
  } catch (cause) {
    throw new CodedError({
      code: "USAGE",
      message: `expected a list of files in ${escapeForTerminal(file)}`,
      hint: "one path inside DIR a line",
      cause,
    });
  }
}
