import { CodedError } from "@clawkeep/diagnostics";
import { buildKeywordSections } from "@clawkeep/keyword-index";
import type { SectionData } from "@clawkeep/segment";
import { buildChunkSections } from "@clawkeep/segment";
import { buildVectorSections } from "@clawkeep/vector-index";

import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogChunk, CatalogDocument } from "../catalog/catalog-document.ts";
import type { VectorBuild } from "../catalog/vector-cache.ts";

/** What the keyword leg searches as a chunk's title: the document's title and the headings above. */
export function titleField(chunk: Pick<CatalogChunk, "title" | "headings">): string {
  return [...new Set([chunk.title, ...chunk.headings])].join("\n");
}

/**
 * All sections of a segment that holds these documents, with the vectors that the catalog keeps.
 * The bytes depend on the documents and vectors alone.
 *
 * @throws CodedError `INDEX_VECTOR_MISSING` when a chunk was never embedded: a defect, not an input.
 */
export function buildSegmentSections(
  documents: readonly CatalogDocument[],
  catalog: Catalog,
  build: VectorBuild,
): readonly SectionData[] {
  const { dimensions } = build;
  const cache = catalog.vectors(build);
  const chunks = documents.flatMap((document) => document.chunks);
  const vectors = new Float32Array(chunks.length * dimensions);
  chunks.forEach((chunk, index) => {
    const vector = cache.get(chunk.input);
    if (vector === undefined) {
      throw new CodedError({
        code: "INDEX_VECTOR_MISSING",
        message: `expected a vector for chunk ${chunk.ordinal} of ${chunk.title}, the catalog has none`,
        hint: "run the same command again; if it fails again, delete the index folder",
      });
    }
    vectors.set(vector, index * dimensions);
  });
  return [
    ...buildChunkSections(documents),
    ...buildVectorSections(vectors, dimensions),
    ...buildKeywordSections(
      chunks.map((chunk) => ({ title: titleField(chunk), body: chunk.text })),
    ),
  ];
}
