import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import path from "node:path";

import { cacheFolder } from "../../scripts/real/cache.ts";
import { parseOptions, usage } from "./options.ts";
import type { Options } from "./options.ts";
import { readKeptRuns, renderKept } from "./report/kept-runs.ts";
import { writeRun } from "./report/write-run.ts";
import { allRows } from "./rows/all-rows.ts";
import { keptIndex, nodeIndexes } from "./rows/indexes.ts";
import { ragIndex } from "./rows/rag-index.ts";
import type { Bench, Row, RowResult } from "./rows/row.ts";
import { SampleStore } from "./samples/sample-store.ts";
import { codeDigest } from "./setup/code-digest.ts";
import { makeBench } from "./setup/make-bench.ts";
import { commitOf, machineText, runFolder, versionsOf } from "./setup/run-facts.ts";
import { seed, sizes } from "./sizes.ts";
import { sweep } from "./sweep.ts";

/** `npm run bench -- …`: ours and the peers, interleaved, on this machine. */
const root = path.dirname(path.dirname(import.meta.dirname));

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(
      args,
      allRows.map(({ id }) => id),
    );
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.list) {
    for (const row of allRows) {
      process.stdout.write(
        `${row.id.padEnd(12)} ${row.only === undefined ? "" : "[full only] "}${row.about}\n`,
      );
    }
    return 0;
  }
  if (options.table) {
    const ids = allRows.map(({ id }) => id);
    const lines = renderKept(
      readKeptRuns(path.join(root, "benchmarks", "runs")),
      ids,
      "benchmarks/runs/",
    );
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  }
  const chosen = sizes[options.mode];
  const samples = cacheFolder("bench", `samples-${options.mode}.json`);
  if (options.mode !== "full" || options.fresh) {
    rmSync(samples, { force: true });
  }
  const fingerprint = JSON.stringify([machineText(), chosen, codeDigest(root), seed]);
  const store = new SampleStore(samples, fingerprint, new Date().toISOString());
  if (store.size > 0) {
    process.stdout.write(`going on with a run that was stopped: ${store.size} samples are there\n`);
  }
  const bench = makeBench(root, chosen, store);
  if (options.setUp) {
    await prepare(bench);
    return 0;
  }
  const folder =
    options.out ?? (options.mode === "tiny" ? cacheFolder("bench", "tiny") : runFolder(root));
  if (options.sweep) {
    const text = await sweep(bench, (line) => void process.stdout.write(`${line}\n`));
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "sweep.md"), text);
    return 0;
  }
  const rows = allRows.filter(
    (row) =>
      (row.only === undefined || options.mode === "full" || options.only.includes(row.id)) &&
      (options.only.length === 0 || options.only.includes(row.id)),
  );
  return runRows(rows, bench, options, folder);
}

async function runRows(
  rows: readonly Row[],
  bench: Bench,
  options: Options,
  folder: string,
): Promise<number> {
  const started = Date.now();
  let highestLoad = loadavg()[0] ?? 0;
  const watch = setInterval(() => (highestLoad = Math.max(highestLoad, loadavg()[0] ?? 0)), 5000);
  const results: RowResult[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    process.stderr.write(`${row.id}: ${row.about}\n`);
    const begun = Date.now();
    try {
      results.push(await row.run(bench));
      process.stderr.write(`${row.id}: done after ${((Date.now() - begun) / 1000).toFixed(0)} s\n`);
    } catch (error) {
      failed.push(row.id);
      process.stderr.write(`${row.id}: FAILED: ${(error as Error).stack ?? String(error)}\n`);
    }
  }
  clearInterval(watch);
  const name = [options.mode, ...options.only].join("-");
  const text = writeRun(folder, name, results, {
    mode: options.mode,
    date: new Date().toISOString().slice(0, 10),
    finished: new Date().toISOString(),
    machine: machineText(),
    versions: versionsOf(root, bench.peers.python),
    seed,
    commit: commitOf(root),
    minutes: Math.ceil((Date.now() - started) / 60_000),
    highestLoad,
  });
  process.stdout.write(`\n${text}\n${path.join(folder, name)}.md\n`);
  if (failed.length > 0) {
    process.stdout.write(`rows that failed: ${failed.join(", ")}\n`);
    return 1;
  }
  if (options.only.length === 0) {
    bench.store.finish();
  }
  return 0;
}

/** The builds that take minutes at 100,000 vectors. */
async function prepareStress(bench: Bench): Promise<void> {
  const set = await bench.stress();
  const kinds = nodeIndexes(bench);
  const { graph, exact, hnswlibNode, hnswlibNodeSparse, usearchF16 } = kinds;
  for (const kind of [graph, exact, hnswlibNode, hnswlibNodeSparse, usearchF16]) {
    await keptIndex(bench, kind, set);
  }
}

/** Everything that is prepared once, so that a run only measures. */
async function prepare(bench: Bench): Promise<void> {
  const { peers, sizes: chosen } = bench;
  const steps: readonly (readonly [string, () => unknown])[] = [
    ["the npm peers", () => peers.npm],
    ["the Python peers", () => peers.python],
    ["qmd", () => peers.qmd],
    ["the model for the JavaScript peers", () => peers.model],
    ["the corpus", () => bench.corpus()],
    ["its vectors", () => bench.corpusVectors()],
    ["the sample", () => bench.sample()],
    ["the stress set", () => bench.stress()],
    ["the indexes of the stress set", () => prepareStress(bench)],
    ["our index", () => bench.ourIndex(1)],
    [`our index, ${chosen.memoryCopies} times over`, () => bench.ourIndex(chosen.memoryCopies)],
    ["the index of rag.py", () => ragIndex(bench, 1)],
    [`the same, ${chosen.memoryCopies} times over`, () => ragIndex(bench, chosen.memoryCopies)],
  ];
  for (const [name, step] of steps) {
    const started = Date.now();
    try {
      await step();
      process.stdout.write(
        `${name}: ready after ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
      );
    } catch (error) {
      process.stdout.write(`${name}: MISSING: ${(error as Error).message}\n`);
    }
  }
}

process.exitCode = await main(process.argv.slice(2));
