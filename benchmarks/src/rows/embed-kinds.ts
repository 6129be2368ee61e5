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
  const kind = (
    name: string,
    start: () => WorkerStart,
    variant: string,
    batches: Setting<number> | undefined,
  ): EmbedKind => {
    const loaded = new WeakSet<PeerWorker>();
    return {
      name,
      start,
      batch: batches?.best ?? 0,
      batches,
      load: async (worker) => {
        if (!loaded.has(worker)) {
          const model = name.includes("transformers q8") || name.includes("transformers fp32");
          await worker.request("load", {
            variant,
            model: model && name.startsWith("@") ? peers.model : "",
          });
          loaded.add(worker);
        }
      },
    };
  };
  const huggingface = (): WorkerStart => peers.node("huggingface-transformers.ts");
  const xenova = (): WorkerStart => peers.node("xenova-transformers.ts");
  const python = (): WorkerStart => peers.pythonWorker("embed_sentence_transformers");
  return [
    kind("clawkeep, embedding alone", () => peers.node("clawkeep-embedder.ts"), "", undefined),
    kind("sentence-transformers fp32", python, "fp32", sentenceTransformersBatch),
    kind("sentence-transformers bf16", python, "bf16", sentenceTransformersBatch),
    ...huggingfaceDtype.tried
      .filter((dtype) => bench.sizes.thorough || dtype === huggingfaceDtype.best)
      .map((dtype) =>
        kind(`@huggingface/transformers ${dtype}`, huggingface, dtype, huggingfaceBatch),
      ),
    kind("@xenova/transformers q8", xenova, "q8", xenovaBatch),
  ];
}
