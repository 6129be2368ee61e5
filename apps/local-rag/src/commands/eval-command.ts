import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import type { Collection, EvaluationRun } from "@clawkeep/retrieval";
import {
  compareRuns,
  evaluate,
  indexFolder,
  jsonForModel,
  layOutCollection,
  openIndex,
  readCollection,
  readRun,
} from "@clawkeep/retrieval";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf } from "../arguments/parse-flags.ts";
import { figureOf, thresholdsOf } from "../arguments/thresholds.ts";
import { describeComparison, describeRun } from "../output/format-evaluation.ts";
import { indexPlace, modelPlace, trustOf } from "../place/index-place.ts";

/**
 * `local-rag eval`: exit code 1 when a figure is below what `--min` asks. Of a collection with a corpus
 * it makes an index for itself, and takes it away again.
 */
export async function runEval(options: RawOptions): Promise<number> {
  const thresholds = thresholdsOf(commands.eval, textOf(options, "min"));
  const figure = figureOf(commands.eval, textOf(options, "figure") ?? "ndcg@10");
  const earlier = textOf(options, "compare");
  const before = earlier === undefined ? undefined : readRun(earlier);
  const collection = readCollection(path.resolve(options.positional[0] ?? ""));
  const run = await runCollection(collection, options);
  const comparison = before === undefined ? undefined : compareRuns(before, run, figure);
  const missed = thresholds.filter(({ name, least }) => run.figures[name] < least);
  if (options.flags.has("json")) {
    const members = {
      ...run,
      ...(comparison === undefined ? {} : { comparison }),
      ...(thresholds.length === 0 ? {} : { missed }),
    };
    process.stdout.write(`${jsonForModel(members)}\n`);
  } else {
    process.stdout.write(describeRun(run));
    process.stdout.write(comparison === undefined ? "" : describeComparison(comparison));
  }
  for (const { name, least } of missed) {
    process.stderr.write(`${name} is ${run.figures[name].toFixed(4)}, less than ${least}\n`);
  }
  return missed.length === 0 ? 0 : 1;
}

/** Asks the index that the options name, or one of the collection's own corpus. */
async function runCollection(collection: Collection, options: RawOptions): Promise<EvaluationRun> {
  if (textOf(options, "index") !== undefined) {
    const trust = trustOf(options);
    return ask(collection, options, { folder: indexPlace(options, process.cwd()), trust });
  }
  if (collection.documents === undefined) {
    throw new CodedError({
      code: "EVAL_MISSING",
      message: `expected a corpus.jsonl in ${collection.name}, or --index`,
      hint: "without a corpus the judgements name paths of the files of an index",
    });
  }
  const work = mkdtempSync(path.join(tmpdir(), "local-rag-eval-"));
  try {
    const files = path.join(work, "files");
    const folder = path.join(work, "index");
    const registry = path.join(work, "indexes");
    const ids = layOutCollection(collection.documents, files);
    const open = (): ReturnType<typeof openEmbedder> =>
      openEmbedder({ verify: true, folder: modelPlace(options) });
    await indexFolder(files, folder, registry, { spaceId: modelManifest.spaceId, open });
    return await ask(collection, options, { folder, trust: { registry }, ids });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function ask(
  { name, questions }: Collection,
  options: RawOptions,
  place: {
    readonly folder: string;
    readonly trust: ReturnType<typeof trustOf>;
    readonly ids?: ReadonlyMap<string, string>;
  },
): Promise<EvaluationRun> {
  const keywordsOnly = options.flags.has("keywords");
  using index = openIndex(place.folder, place.trust, modelManifest.spaceId, {
    resident: true,
    keywordsOnly,
  });
  const naming = { collection: name, ...(place.ids === undefined ? {} : { ids: place.ids }) };
  if (keywordsOnly) {
    const none = (): Promise<Float32Array> => Promise.resolve(new Float32Array());
    return evaluate(index, none, questions, naming);
  }
  const embedder = await openEmbedder({ workers: 0, folder: modelPlace(options) });
  try {
    return await evaluate(index, (text) => embedder.embed([text]), questions, naming);
  } finally {
    await embedder.close();
  }
}
