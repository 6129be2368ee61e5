import { readFile } from "node:fs/promises";
import path from "node:path";

import {
  CodedError,
  count,
  escapeForTerminal,
  formatError,
  formatFinding,
} from "@clawkeep/diagnostics";
import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import type { IndexReport } from "@clawkeep/retrieval";
import { indexFolder, jsonForModel } from "@clawkeep/retrieval";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import { cpuPace } from "../governor/cpu-pace.ts";
import { lowerPriority } from "../governor/low-priority.ts";
import { shareOfMachine } from "../governor/share-of-machine.ts";
import { keepHeapSmall } from "../governor/small-heap.ts";
import type { ProgressForm } from "../output/progress.ts";
import { progressWriter } from "../output/progress.ts";
import { indexPlace, modelPlace, registryPlace } from "../place/index-place.ts";

/** Findings that are printed for people; `--json` has all of them. */
const shownFindings = 20;

/** `local-rag index`. Ctrl-C ends it between two steps: what was embedded is kept. */
export async function runIndex(options: RawOptions): Promise<number> {
  const workspace = path.resolve(options.positional[0] ?? "");
  const index = indexPlace(options, workspace);
  const registry = registryPlace(options);
  const share = shareOfMachine(commands.index, options);
  const list = await readList(textOf(options, "list"));
  const writer = progressWriter(progressForm(options), process.stderr);
  const abort = new AbortController();
  const interrupt = (): void => {
    // A second Ctrl-C ends the process at once, which an index survives as well.
    abort.abort(interrupted());
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  keepHeapSmall();
  if (share.governed) {
    lowerPriority();
  }
  try {
    const report = await indexFolder(
      workspace,
      index,
      registry,
      {
        spaceId: modelManifest.spaceId,
        open: () =>
          openEmbedder({ verify: true, folder: modelPlace(options), workers: share.sessions }),
      },
      {
        ...(list === undefined ? {} : { list }),
        rehash: options.flags.has("rehash"),
        shared: options.flags.has("share"),
        onProgress: writer.report,
        signal: abort.signal,
        ...(share.governed ? { pace: cpuPace(share.processors, abort.signal) } : {}),
      },
    );
    writer.end();
    printFindings(report);
    process.stdout.write(
      options.flags.has("json")
        ? `${jsonForModel({ version: 1, index, registry, ...report })}\n`
        : describe(report),
    );
    return 0;
  } catch (error) {
    writer.end();
    process.stderr.write(`${formatError(error)}\n`);
    return abort.signal.aborted ? 130 : 2;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function describe(report: IndexReport): string {
  const { documents, chunks, changed, removed, embedded, published } = report;
  const what = `${count(documents, "document")}, ${count(chunks, "passage")}`;
  const done = published
    ? `indexed: ${what} (${count(changed, "file")} changed, ${removed} removed, ${count(embedded, "passage")} embedded)`
    : `nothing changed: ${what}`;
  return `${done}\nsnapshot ${report.snapshotRoot}\n`;
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

function progressForm(options: RawOptions): ProgressForm {
  const form = textOf(options, "progress") ?? "auto";
  if (form === "auto") {
    return process.stderr.isTTY ? "text" : "none";
  }
  if (form !== "text" && form !== "ndjson" && form !== "none") {
    throw usage(
      commands.index,
      `--progress is auto, text, ndjson or none, got ${JSON.stringify(form)}`,
    );
  }
  return form;
}

function interrupted(): CodedError {
  return new CodedError({
    code: "INTERRUPTED",
    message: "stopped before it was done; the published index is as it was",
    hint: "what was embedded is kept: run the same command again to go on",
  });
}
