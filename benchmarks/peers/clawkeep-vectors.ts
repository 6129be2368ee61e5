import type { SectionData } from "@clawkeep/segment";
import { openSegment, writeSegment } from "@clawkeep/segment";
import { buildVectorSections, openVectorIndex } from "@clawkeep/vector-index";
import type { VectorHits } from "@clawkeep/vector-index";

import type { SearchPeer } from "../src/workers/peer-contract.ts";

/**
 * Ours. `graph` walks, `exact` scans, `auto` is what an index gets by default. Degree and construction are fixed by the format
 * (docs/index-format.md), so there is nothing to set but ef.
 */
export const peer: SearchPeer = {
  kind: "search",
  async build({ variant, vectors, dimensions, threads, file, timed }) {
    // `threads` is for engines that have any; the portable one has one.
    const options = {
      graph: variant === "auto" ? ("auto" as const) : variant === "graph",
      threads,
    };
    const sections = await timed<readonly SectionData[]>(() =>
      buildVectorSections(vectors, dimensions, options),
    );
    await writeSegment(file, sections, { chunkCount: vectors.length / dimensions });
  },
  open({ variant, file, ef }) {
    const segment = openSegment(file);
    const index = openVectorIndex(segment, {
      kind: variant === "exact" ? "exact" : "auto",
      resident: true,
    });
    return {
      prepare: (query) => query,
      search: (query, k) => index.search(query as Float32Array, k, { ef }),
      idsOf: (result) => (result as VectorHits).ids,
      close: () => segment.close(),
    };
  },
};
