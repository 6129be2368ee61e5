import type { EmbedPeer, Setting } from "../src/workers/peer-contract.ts";
import { transformersPeer } from "./huggingface-transformers.ts";

/** The retired predecessor, with ONNX Runtime 1.14: https://www.npmjs.com/package/@xenova/transformers */
export const batch: Setting<number> = {
  best: 1,
  tried: [1, 4, 8, 16, 32],
  page: "https://huggingface.co/docs/transformers.js/v2.17.2/en/api/pipelines",
};

export const peer: EmbedPeer = transformersPeer("@xenova/transformers", (variant) => ({
  quantized: variant === "q8",
}));
