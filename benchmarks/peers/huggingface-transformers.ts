import path from "node:path";

import { loadPeer } from "../src/workers/load-peer.ts";
import type { EmbedPeer, Setting } from "../src/workers/peer-contract.ts";

/** What both versions of the library offer. */
export interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(
    task: "feature-extraction",
    model: string,
    options: object,
  ): Promise<
    (texts: readonly string[], options: object) => Promise<{ readonly data: Float32Array }>
  >;
}

const page = "https://huggingface.co/docs/transformers.js/guides/dtypes";
export const dtype: Setting<string> = { best: "q8", tried: ["q8", "fp32"], page };
/** A batch is padded to its longest text, so sorting by length and small batches win. */
export const batch: Setting<number> = {
  best: 1,
  tried: [1, 4, 8, 16, 32],
  page: "https://huggingface.co/docs/transformers.js/api/pipelines#pipelinesfeatureextractionpipeline",
};

/**
 * Truncation is the model folder's `model_max_length`, 256 there: the pipeline takes no other. The
 * model's files are named as the library wants them: `onnx/model.onnx` and `onnx/model_quantized.onnx`.
 */
export function transformersPeer(name: string, optionsOf: (variant: string) => object): EmbedPeer {
  return {
    kind: "embed",
    async load(variant, model) {
      const library = loadPeer(name) as Transformers;
      library.env.allowRemoteModels = false;
      library.env.localModelPath = path.dirname(model);
      const extract = await library.pipeline(
        "feature-extraction",
        path.basename(model),
        optionsOf(variant),
      );
      return {
        embed: async (texts) => (await extract(texts, { pooling: "mean", normalize: true })).data,
        close: () => undefined,
      };
    },
  };
}

export const peer: EmbedPeer = transformersPeer("@huggingface/transformers", (variant) => ({
  dtype: variant,
}));
