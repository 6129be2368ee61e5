import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { medianOf } from "../cold-query/measure.ts";
import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import { layOutCopies } from "./corpus.ts";
import type { Taken } from "./watch-process.ts";
import { watchProcess } from "./watch-process.ts";

/**
 * What indexing keeps in memory as a workspace grows: the highest anonymous memory (RssAnon) of the
 * first index of some OpenClaw documents, and of ten copies of them. Interleaved, median of the rounds.
 * `CLAWKEEP_KEEP_RUN=1` keeps the figures.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const files = 60;
const rounds = 3;
const bound = 1.15;

interface Row {
  readonly copies: number;
  readonly passages: number;
  readonly peaks: readonly number[];
}

async function main(): Promise<number> {
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-index-memory-"));
  try {
    const rows = [1, 10].map((copies) => ({
      copies,
      folder: layOutCopies(path.join(base, `copies-${copies}`), files, copies),
      runs: [] as Taken[],
    }));
    for (let round = 0; round < rounds; round += 1) {
      for (const row of rows) {
        row.runs.push(await index(row.folder, path.join(base, `round-${round}`)));
      }
    }
    return report(
      rows.map(({ copies, runs }) => ({
        copies,
        passages: (JSON.parse(runs[0]?.stdout ?? "{}") as { chunks: number }).chunks,
        peaks: runs.map(({ peakBytes }) => peakBytes),
      })),
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

async function index(folder: string, work: string): Promise<Taken> {
  const place = path.join(work, path.basename(folder));
  const limits = ["--cpu", "100%", "--workers", "2"];
  return await watchProcess([program, "index", folder, "--index", place, "--json", ...limits], {
    CLAWKEEP_HOME: path.join(work, "home"),
  });
}

function report(rows: readonly Row[]): number {
  const [one, ten] = rows.map(({ peaks }) => medianOf(peaks));
  const ratio = (ten ?? Number.NaN) / (one ?? Number.NaN);
  const machine = describeMachine();
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const text = [
    "# Memory of a first index, one copy of a corpus and ten",
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}; two sessions; ${files} files a copy.`,
    "",
    "| copies | passages | highest RssAnon, MB | runs |",
    "| ---: | ---: | ---: | --- |",
    ...rows.map(
      ({ copies, passages, peaks }) =>
        `| ${copies} | ${passages} | ${megabytes(medianOf(peaks))} | ${peaks.map(megabytes).join(", ")} |`,
    ),
    "",
    `- ten copies take ${ratio.toFixed(3)} × the memory of one (at most ${bound}: ${ratio <= bound ? "yes" : "NO"})`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    keepRun(root, "index-memory", text, { machine, node: process.versions.node, ratio, rows });
  }
  return ratio <= bound ? 0 : figureMissed;
}

process.exitCode = await main();
