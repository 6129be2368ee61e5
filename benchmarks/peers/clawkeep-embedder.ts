import { openEmbedder } from "@clawkeep/embedder";
import { openSegment } from "@clawkeep/segment";
import type { VectorHits } from "@clawkeep/vector-index";
import { openVectorIndex } from "@clawkeep/vector-index";

import type { EmbedPeer } from "../src/workers/peer-contract.ts";

/** Ours, with the model that it ships: `workers` for indexing, `resident` in process for questions. */
export const peer: EmbedPeer = {
  kind: "embed",
  async load(variant) {
    const embedder = await openEmbedder(variant === "resident" ? { workers: 0 } : {});
    return {
      embed: (texts) => embedder.embed(texts),
      openSearch(file) {
        const segment = openSegment(file);
        const index = openVectorIndex(segment, { resident: true });
        return {
          prepare: (query) => query,
          search: (query, k) => index.search(query as Float32Array, k),
          idsOf: (result) => (result as VectorHits).ids,
          close: () => segment.close(),
        };
      },
      close: () => embedder.close(),
    };
  },
};
