import {
  degree as hnswlibDegree,
  construction as hnswlibConstruction,
} from "../peers/hnswlib-node.ts";
import {
  construction as usearchConstruction,
  degree as usearchDegree,
  scalar,
} from "../peers/usearch.ts";
import { table } from "./report/markdown.ts";
import { embedKinds } from "./rows/embed-kinds.ts";
import { count, figure } from "./rows/figure.ts";
import type { IndexKind } from "./rows/indexes.ts";
import { nodeIndexes } from "./rows/indexes.ts";
import type { Bench } from "./rows/row.ts";
import { ratesAt, searchCurves } from "./rows/search-curves.ts";
import { WorkersOf } from "./rows/workers-of.ts";
import { median } from "./statistics/summary.ts";

/** The grids that each peer's best setting comes from, as Markdown; printed line by line as they are known. */
export async function sweep(bench: Bench, print: (line: string) => void): Promise<string> {
  const lines: string[] = [];
  const say = (...more: readonly string[]): void => {
    lines.push(...more);
    more.forEach(print);
  };
  say("# Sweep: the grids that the best settings come from", "");
  await sweepIndexes(bench, say);
  await sweepBatches(bench, say);
  return `${lines.join("\n")}\n`;
}

type Say = (...lines: readonly string[]) => void;

async function sweepIndexes(bench: Bench, say: Say): Promise<void> {
  const set = await bench.real();
  const all = nodeIndexes(bench);
  const grid: IndexKind[] = [all.graph, all.exact];
  for (const degree of hnswlibDegree.tried) {
    for (const construction of hnswlibConstruction.tried) {
      grid.push({ ...all.hnswlibNode, degree, construction });
    }
  }
  for (const degree of usearchDegree.tried) {
    for (const construction of usearchConstruction.tried) {
      grid.push({ ...all.usearchF16, degree, construction });
    }
  }
  for (const variant of scalar.tried.filter((kind) => kind !== scalar.best)) {
    grid.push({ ...all.usearchF16, variant });
  }
  const named = grid.map((kind) => ({
    ...kind,
    name: `${kind.name.replace(/ f16$/u, ` ${kind.variant}`)}${kind.ours ? "" : `, M ${kind.degree}, efConstruction ${kind.construction}`}`,
  }));
  say(
    `## Nearest neighbours, ${count(set.base.rows)} real vectors; ef from ${bench.sizes.efs.join(", ")}`,
    "",
    `hnswlib-node: ${hnswlibDegree.page}; usearch: ${usearchDegree.page}, ${scalar.page}`,
    "",
  );
  // A few at a time: each is a process with its own index.
  const rows: string[][] = [];
  for (const kind of named) {
    const curves = await searchCurves(bench, {
      row: `sweep ${kind.name}`,
      set,
      kinds: [kind],
      efs: bench.sizes.efs,
      rounds: bench.sizes.longRounds,
    });
    const points = curves.points.get(kind.name) ?? [];
    const rate = (recall: number): string => {
      const found = ratesAt(points, recall);
      return found === undefined ? "not reached" : figure(median(found.rates));
    };
    rows.push([kind.name, rate(0.95), rate(0.99)]);
    process.stderr.write(`  ${rows.at(-1)?.join("  ") ?? ""}\n`);
  }
  say(...table(["", "queries/s at 0.95", "queries/s at 0.99"], rows, [1, 2]), "");
}

async function sweepBatches(bench: Bench, say: Say): Promise<void> {
  const corpus = await bench.sample();
  const texts = Math.min(corpus.chunks, 128);
  say(`## Embedding ${texts} chunks, sorted by length in batches; chunks/s`, "");
  const kinds = embedKinds(bench).filter(({ batches }) => batches !== undefined);
  const sizes = [...new Set(kinds.flatMap(({ batches }) => batches?.tried ?? []))].sort(
    (a, b) => a - b,
  );
  const rows: string[][] = [];
  for (const kind of kinds) {
    const workers = new WorkersOf();
    try {
      const worker = workers.get(kind.name, kind.start);
      await kind.load(worker);
      const cells = new Map<number, string>();
      for (const batch of kind.batches?.tried ?? []) {
        const rates: number[] = [];
        for (let round = 0; round < bench.sizes.longRounds; round += 1) {
          const { rate } = await worker.request<{ readonly rate: number }>("embed", {
            chunks: corpus.chunksFile,
            count: texts,
            batch,
            sorted: batch > 1,
          });
          rates.push(rate);
        }
        cells.set(batch, `${figure(median(rates))}${batch === kind.batch ? " (used)" : ""}`);
      }
      rows.push([
        kind.name,
        ...sizes.map((size) => cells.get(size) ?? ""),
        kind.batches?.page ?? "",
      ]);
    } catch (error) {
      rows.push([kind.name, (error as Error).message.split("\n")[0] ?? ""]);
    } finally {
      await workers.close();
    }
  }
  say(
    ...table(
      ["", ...sizes.map((size) => `batch ${size}`), "settings"],
      rows,
      sizes.map((_, column) => column + 1),
    ),
    "",
  );
}
