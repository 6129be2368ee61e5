import type { SectionData } from "@clawkeep/segment";
import { openSegment, writeSegment } from "@clawkeep/segment";
import { buildVectorSections, openVectorIndex } from "@clawkeep/vector-index";
import type { VectorHits } from "@clawkeep/vector-index";

import type { SearchPeer } from "../src/workers/peer-contract.ts";

/** A query with the arrays that its hits go to, made when it is asked the first time. */
interface Asked {
  readonly query: Float32Array;
  into: VectorHits;
}

/**
 * Ours. `graph` walks, `exact` scans, `auto` is what an index gets by default. Degree and construction
 * are fixed by the format (docs/index-format.md), so there is nothing to set but ef.
 */
export const peer: SearchPeer = {
  kind: "search",
  async build({ variant, vectors, dimensions, threads, file, timed }) {
    const graph = variant === "auto" ? "auto" : variant === "graph";
    const sections = await timed<readonly SectionData[]>(() =>
      buildVectorSections(vectors, dimensions, { graph, threads }),
    );
    await writeSegment(file, sections, { chunkCount: vectors.length / dimensions });
  },
  open({ variant, file, ef, dimensions, once = false }) {
    const segment = openSegment(file);
    const index = openVectorIndex(segment, {
      kind: variant === "exact" ? "exact" : "auto",
      resident: !once,
    });
    const options = { ef };
    const none = { ids: new Int32Array(0), scores: new Float32Array(0) };
    return {
      prepare: (query): Asked => ({ query, into: none }),
      search: (prepared, k) => {
        const asked = prepared as Asked;
        if (asked.into.ids.length !== k) {
          asked.into = { ids: new Int32Array(k), scores: new Float32Array(k) };
        }
        const found = index.searchInto(asked.query, asked.into, options);
        return found === k ? asked.into.ids : asked.into.ids.subarray(0, found);
      },
      idsOf: (result) => result as Int32Array,
      batch: (queries, k, threads) => {
        // The queries are rows of one matrix.
        const first = queries[0] ?? new Float32Array(0);
        const matrix = new Float32Array(
          first.buffer,
          first.byteOffset,
          queries.length * dimensions,
        );
        const { ids } = index.searchMany(matrix, k, { ef, threads });
        return queries.map((_, query) => ids.subarray(query * k, (query + 1) * k));
      },
      close: () => segment.close(),
    };
  },
};
