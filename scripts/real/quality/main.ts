import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import type { EvaluationRun } from "@clawkeep/retrieval";
import { openIndex, shippedSpread } from "@clawkeep/retrieval";

import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import type { SpreadFigures } from "./choose-spread.ts";
import { chooseSpread, leaveOneOut, measureSpreads, spreads } from "./choose-spread.ts";
import type { MeasuredCollection } from "./collections.ts";
import { layOutCollections } from "./collections.ts";
import { missedBounds, tableOf } from "./table.ts";
import type { QualityRow } from "./table.ts";

/**
 * Retrieval quality through the executable: `local-rag index` and `local-rag eval` on the collections that
 * `CLAWKEEP_EVAL` names (the default stands beside the checkout) and on our own. The constant of the fusion is chosen for
 * each collection without it; the shipped one is what all of them together choose.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const evaluation = process.env["CLAWKEEP_EVAL"] ?? path.join(root, "..", "shared", "eval");
const rag = path.join(root, "apps/local-rag/dist/main.js");

async function main(): Promise<number> {
  const work = mkdtempSync(path.join(tmpdir(), "clawkeep-quality-"));
  const model = await openEmbedder({ workers: 0, folder: modelFolder() });
  const embed = (text: string): Promise<Float32Array> => model.embed([text]);
  try {
    const measured: { readonly collection: MeasuredCollection; readonly run: EvaluationRun }[] = [];
    const figures: SpreadFigures[] = [];
    for (const collection of layOutCollections(root, evaluation, work)) {
      const folder = indexOf(collection, work);
      const run = runJson(["eval", collection.folder, "--index", folder, "--json"], work);
      measured.push({ collection, run });
      const trust = { registry: path.join(work, "state", "indexes") };
      using index = openIndex(folder, trust, modelManifest.spaceId, { resident: true });
      figures.push(await measureSpreads(collection, index, embed));
      process.stdout.write(`${collection.name}: nDCG@10 ${run.figures["ndcg@10"].toFixed(4)}\n`);
    }
    const chosen = leaveOneOut(figures);
    const rows = measured.map(({ collection, run }, place): QualityRow => {
      const without = chosen[place] ?? 0;
      const { rrf = 0, bySpread = [] } = figures[place] ?? {};
      return {
        name: collection.name,
        judged: collection.judged,
        run,
        constant: spreads[without] ?? 0,
        withoutIt: bySpread[without] ?? 0,
        rrf,
      };
    });
    const all = spreads[chooseSpread(figures)] ?? 0;
    const missed = missedBounds(rows);
    const text = tableOf(rows, { chosen: all, shipped: shippedSpread, missed });
    process.stdout.write(`\n${text}`);
    keepRun(root, "quality", text, { machine: describeMachine(), spreads, figures, rows });
    return missed.length === 0 ? 0 : figureMissed;
  } finally {
    await model.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Indexes a collection's files, once for all who ask them. */
function indexOf({ files, family }: MeasuredCollection, work: string): string {
  const folder = path.join(work, "indexes", family.replaceAll(" ", "-"));
  run(["index", files, "--index", folder, "--cpu", "100%", "--progress", "none"], work);
  return folder;
}

function runJson(args: readonly string[], work: string): EvaluationRun {
  return JSON.parse(run(args, work)) as EvaluationRun;
}

function run(args: readonly string[], work: string): string {
  const { status, stdout } = spawnSync(process.execPath, [rag, ...args], {
    stdio: ["ignore", "pipe", 2],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, CLAWKEEP_HOME: path.join(work, "state") },
  });
  if (status !== 0) {
    throw new Error(`local-rag ${args[0] ?? ""} ended with ${String(status)}`);
  }
  return stdout;
}

process.exitCode = await main();
