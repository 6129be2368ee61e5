import {
  batch as huggingfaceBatch,
  dtype as huggingfaceDtype,
} from "../../peers/huggingface-transformers.ts";
import { batch as xenovaBatch } from "../../peers/xenova-transformers.ts";
import type { Setting } from "../workers/peer-contract.ts";
import type { PeerWorker, WorkerStart } from "../workers/start-worker.ts";
import type { Bench } from "./row.ts";

/** One form of one embedding library, at its best setting. */
export interface EmbedKind {
  readonly name: string;
  readonly start: () => WorkerStart;
  /** Loads the model, once for each worker. */
  readonly load: (worker: PeerWorker) => Promise<void>;
  /** Texts a call, where nothing was tried in this run. */
  readonly batch: number;
  /** What `--sweep` tries for it; undefined where there is nothing to set. */
  readonly batches: Setting<number> | undefined;
}

/** encode's batch size: https://sbert.net/docs/package_reference/sentence_transformer/SentenceTransformer.html */
const sentenceTransformersBatch: Setting<number> = {
  best: 32,
  tried: [8, 16, 32, 64, 128],
  page: "https://sbert.net/docs/package_reference/sentence_transformer/SentenceTransformer.html",
};

/** What embeds, ours first. Slow and retired forms only in thorough runs. */
export function embedKinds(bench: Bench): readonly EmbedKind[] {
  const { peers } = bench;
  const own = (): WorkerStart => peers.node("clawkeep-embedder.ts");
  const python = (): WorkerStart => peers.pythonWorker("embed_sentence_transformers");
  const huggingface = (): WorkerStart => peers.node("huggingface-transformers.ts");
  const xenova = (): WorkerStart => peers.node("xenova-transformers.ts");
  const none = (): string => "";
  const model = (): string => peers.model;
  return [
    {
      name: "clawkeep, embedding alone",
      start: own,
      batch: 0,
      batches: undefined,
      load: loadOnce("", none),
    },
    ...["fp32", "bf16"].map((dtype) => ({
      name: `sentence-transformers ${dtype}`,
      start: python,
      ...batchesOf(sentenceTransformersBatch),
      load: loadOnce(dtype, none),
    })),
    ...huggingfaceDtype.tried
      .filter((dtype) => bench.sizes.thorough || dtype === huggingfaceDtype.best)
      .map((dtype) => ({
        name: `@huggingface/transformers ${dtype}`,
        start: huggingface,
        ...batchesOf(huggingfaceBatch),
        load: loadOnce(dtype, model),
      })),
    {
      name: "@xenova/transformers q8",
      start: xenova,
      ...batchesOf(xenovaBatch),
      load: loadOnce("q8", model),
    },
  ];
}

/** Loads the model in a worker that has none yet. */
export function loadOnce(
  variant: string,
  model: () => string,
): (worker: PeerWorker) => Promise<void> {
  const loaded = new WeakSet<PeerWorker>();
  return async (worker) => {
    if (!loaded.has(worker)) {
      await worker.request("load", { variant, model: model() });
      loaded.add(worker);
    }
  };
}

function batchesOf(batches: Setting<number>): Pick<EmbedKind, "batch" | "batches"> {
  return { batch: batches.best, batches };
}
