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
 * What indexing again costs when nothing changed, against the first index of the 1,283 Markdown files
 * of OpenClaw's documentation: whole processes. Processor time is compared beside elapsed time, because
 * the first index takes minutes in which a machine may be busy. `CLAWKEEP_KEEP_RUN=1` keeps the figures.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const files = 1283;
const again = 7;
const bound = 0.01;

async function main(): Promise<number> {
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-unchanged-"));
  try {
    const folder = layOutCopies(path.join(base, "files"), files, 1);
    const args = [program, "index", folder, "--index", path.join(base, "index"), "--json"];
    const run = (): Promise<Taken> =>
      watchProcess([...args, "--cpu", "100%"], { CLAWKEEP_HOME: path.join(base, "home") });
    const first = await run();
    // The second run remembers times that were too fresh to be trusted in the first.
    await run();
    const later: Taken[] = [];
    for (let round = 0; round < again; round += 1) {
      later.push(await run());
    }
    return report(first, later);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function report(first: Taken, later: readonly Taken[]): number {
  const { chunks } = JSON.parse(first.stdout) as { readonly chunks: number };
  const seen = JSON.parse(later[0]?.stdout ?? "{}") as { published: boolean; unchanged: number };
  const elapsed = medianOf(later.map(({ elapsedSeconds }) => elapsedSeconds));
  const used = medianOf(later.map(({ cpuSeconds }) => cpuSeconds));
  const ratios = {
    elapsed: elapsed / first.elapsedSeconds,
    processor: used / first.cpuSeconds,
  };
  const machine = describeMachine();
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
  const text = [
    `# Indexing again when nothing changed, ${seen.unchanged} files, ${chunks} passages`,
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}; median of ${again} runs.`,
    "",
    "| | first index | again | |",
    "| --- | ---: | ---: | ---: |",
    `| elapsed, s | ${first.elapsedSeconds.toFixed(1)} | ${elapsed.toFixed(3)} | ${percent(ratios.elapsed)} |`,
    `| processor time, s | ${first.cpuSeconds.toFixed(1)} | ${used.toFixed(3)} | ${percent(ratios.processor)} |`,
    "",
    `- at most ${percent(bound)} of both: ${holds(ratios) ? "yes" : "NO"}`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    keepRun(root, "index-unchanged", text, {
      machine,
      node: process.versions.node,
      ratios,
      first: { ...first, stdout: undefined },
      later: later.map((taken) => ({ ...taken, stdout: undefined })),
    });
  }
  if (seen.published || seen.unchanged !== files) {
    return 1;
  }
  return holds(ratios) ? 0 : figureMissed;
}

function holds(ratios: { readonly elapsed: number; readonly processor: number }): boolean {
  return ratios.elapsed <= bound && ratios.processor <= bound;
}

process.exitCode = await main();
