import { CodedError } from "@clawkeep/diagnostics";
import type { CompactTree } from "@clawkeep/integrity";
import { appendLeaf, canonicalJson, emptyTree } from "@clawkeep/integrity";
import { startKeywordSections } from "@clawkeep/keyword-index";
import type { ChunkInput, SectionData } from "@clawkeep/segment";
import { startChunkSections } from "@clawkeep/segment";
import { streamVectorSections } from "@clawkeep/vector-index";

import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogChunk } from "../catalog/catalog-document.ts";
import type { VectorBuild } from "../catalog/vector-cache.ts";
import { chunkLeaf } from "../snapshot/snapshot-root.ts";

/** What the keyword leg searches as a chunk's title: the document's title and the headings above. */
export function titleField(chunk: Pick<CatalogChunk, "title" | "headings">): string {
  return [...new Set([chunk.title, ...chunk.headings])].join("\n");
}

/** A segment on its way to the disk. */
export interface SegmentParts {
  readonly sections: readonly SectionData[];
  readonly chunks: number;
}

/** The tree over the leaves of all chunks of the catalog, in whichever segments they are. */
export function treeOf(catalog: Catalog): CompactTree {
  let tree = emptyTree;
  for (const { path, documentDigest, place } of catalog.places()) {
    tree = appendLeaf(tree, chunkLeaf(leafOf({ path, digest: documentDigest }, place)));
  }
  return tree;
}

/**
 * All sections of a segment of some of the catalog's documents, which have chunks. The bytes depend on the documents and vectors
 * alone. Texts and vectors are read from the catalog again while the sections are written, so the
 * catalog must stay as it is until then.
 *
 * @param build Whose vectors; undefined for a segment without any, that answers by keywords.
 * @param paths Of which documents, by the bytes of the path.
 * @param scratch Descriptor of an empty file, open for reading and writing, until the segment is written.
 * @throws CodedError `INDEX_VECTOR_MISSING` when a chunk was never embedded: a defect, not an input.
 */
export function buildSegment(
  catalog: Catalog,
  build: VectorBuild | undefined,
  paths: readonly string[],
  scratch: number,
): SegmentParts {
  const rows = startChunkSections();
  const keywords = startKeywordSections(scratch);
  let chunks = 0;
  for (const document of catalog.indexed(paths)) {
    rows.add({ ...document, chunks: document.chunks.map(rowOf) });
    for (const chunk of document.chunks) {
      keywords.add({ title: titleField(chunk), body: chunk.text });
    }
    chunks += document.chunks.length;
  }
  const sections = [
    ...rows.finish(textsOf(catalog, paths)),
    ...(build === undefined
      ? []
      : streamVectorSections(() => vectorsOf(catalog, build, paths), chunks, build.dimensions)),
    ...keywords.finish(),
  ];
  return { sections, chunks };
}

function rowOf({ locator, ...chunk }: CatalogChunk): ChunkInput {
  return locator === undefined ? chunk : { ...chunk, locator: canonicalJson({ ...locator }) };
}

function leafOf(
  document: { readonly path: string; readonly digest: `sha256:${string}` },
  chunk: Pick<CatalogChunk, "byteStart" | "byteEnd" | "digest" | "locator">,
): Parameters<typeof chunkLeaf>[0] {
  return {
    path: document.path,
    byteStart: chunk.byteStart,
    byteEnd: chunk.byteEnd,
    chunkDigest: chunk.digest,
    documentDigest: document.digest,
    ...(chunk.locator === undefined ? {} : { locator: canonicalJson({ ...chunk.locator }) }),
  };
}

function* textsOf(
  catalog: Catalog,
  paths: readonly string[],
): Generator<Uint8Array, void, undefined> {
  for (const body of catalog.bodies(paths)) {
    yield Buffer.from(body, "utf8");
  }
}

function* vectorsOf(
  catalog: Catalog,
  build: VectorBuild,
  paths: readonly string[],
): Generator<Float32Array, void, undefined> {
  const cache = catalog.vectors(build);
  for (const input of catalog.inputs(paths)) {
    const vector = cache.getByBlob(input);
    if (vector === undefined) {
      throw new CodedError({
        code: "INDEX_VECTOR_MISSING",
        message: "expected a vector for each chunk, the catalog has none for one of them",
        hint: "run the same command again; if it fails again, delete the index folder",
      });
    }
    yield vector;
  }
}
