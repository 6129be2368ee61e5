import { chunkLayout, documentLayout, factsLayout, locatorLayout } from "./chunk-layout.ts";
import type { ChunkRow, ChunkTable, DocumentRow } from "./chunk-row.ts";
import { formatDigest } from "./section-digest.ts";
import { requireSection } from "./require-section.ts";
import { sectionId } from "./section-id.ts";
import { segmentError } from "./segment-error.ts";
import type { Segment } from "./segment.ts";
import { decodeText, readList, readString } from "./string-heap.ts";

/**
 * Opens the chunk and document tables. Reads nothing; each row is read when it is asked for.
 * @throws CodedError `SEGMENT_SECTION` when a table is missing or has another shape.
 */
export function openChunkTable(segment: Segment): ChunkTable {
  const documents = requireSection(segment, sectionId.documents, documentLayout.stride);
  requireSection(segment, sectionId.chunks, chunkLayout.stride, segment.chunkCount);
  requireSection(segment, sectionId.strings, 1);
  requireSection(segment, sectionId.texts, 1);
  if (segment.entry(sectionId.locators) !== undefined) {
    requireSection(segment, sectionId.locators, locatorLayout.stride, segment.chunkCount);
  }
  if (segment.entry(sectionId.facts) !== undefined) {
    requireSection(segment, sectionId.facts, factsLayout.stride, documents.count);
  }
  return {
    chunkCount: segment.chunkCount,
    documentCount: documents.count,
    row: (chunk) => readChunk(segment, chunk, documents.count),
    document: (document) => {
      const row = readDocumentRow(segment, document, documents.count);
      const facts = readFacts(segment, document, documents.count);
      return facts === undefined ? row : { ...row, facts };
    },
  };
}

function readChunk(segment: Segment, chunk: number, documentCount: number): ChunkRow {
  const view = readRow(segment, sectionId.chunks, chunkLayout.stride, chunk, segment.chunkCount);
  const what = `chunk ${chunk} of ${segment.path}`;
  const document = view.getUint32(chunkLayout.document, true);
  const owner = readDocumentRow(segment, document, documentCount);
  const digest = digestAt(view, chunkLayout.digest);
  const textOffset = wide(view, chunkLayout.textOffset);
  const textLength = view.getUint32(chunkLayout.textLength, true);
  const locator = readLocator(segment, chunk, what);
  return {
    document,
    ordinal: view.getUint32(chunkLayout.ordinal, true),
    path: owner.path,
    documentTitle: owner.title,
    documentDigest: owner.digest,
    title: readString(segment, sectionId.strings, range(view, chunkLayout.title), what),
    headings: readList(segment, sectionId.strings, range(view, chunkLayout.headings), what),
    byteStart: wide(view, chunkLayout.byteStart),
    byteEnd: wide(view, chunkLayout.byteEnd),
    lineStart: view.getUint32(chunkLayout.lineStart, true),
    lineEnd: view.getUint32(chunkLayout.lineEnd, true),
    digest: formatDigest(digest),
    ...(locator === undefined ? {} : { locator }),
    text: () => decodeText(segment.digested(sectionId.texts, textOffset, textLength, digest), what),
  };
}

function readLocator(segment: Segment, chunk: number, what: string): string | undefined {
  if (segment.entry(sectionId.locators) === undefined) {
    return undefined;
  }
  const { stride } = locatorLayout;
  const view = readRow(segment, sectionId.locators, stride, chunk, segment.chunkCount);
  const text = range(view, locatorLayout.text);
  return text.length === 0 ? undefined : readString(segment, sectionId.strings, text, what);
}

function readFacts(segment: Segment, document: number, count: number): string | undefined {
  if (segment.entry(sectionId.facts) === undefined) {
    return undefined;
  }
  const view = readRow(segment, sectionId.facts, factsLayout.stride, document, count);
  const text = range(view, factsLayout.text);
  const what = `document ${document} of ${segment.path}`;
  return text.length === 0 ? undefined : readString(segment, sectionId.strings, text, what);
}

function readDocumentRow(segment: Segment, document: number, documentCount: number): DocumentRow {
  const { stride } = documentLayout;
  const view = readRow(segment, sectionId.documents, stride, document, documentCount);
  const what = `document ${document} of ${segment.path}`;
  return {
    path: readString(segment, sectionId.strings, range(view, documentLayout.path), what),
    title: readString(segment, sectionId.strings, range(view, documentLayout.title), what),
    size: wide(view, documentLayout.size),
    digest: formatDigest(digestAt(view, documentLayout.digest)),
    firstChunk: view.getUint32(documentLayout.firstChunk, true),
    chunkCount: view.getUint32(documentLayout.chunkCount, true),
  };
}

function readRow(
  segment: Segment,
  section: number,
  stride: number,
  row: number,
  count: number,
): DataView {
  if (!Number.isInteger(row) || row < 0 || row >= count) {
    const message = `expected a row below ${count}, got ${row} in ${segment.path}`;
    throw segmentError("SEGMENT_BOUNDS", message);
  }
  const bytes = segment.slice(section, row * stride, stride);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function range(view: DataView, at: number): { readonly offset: number; readonly length: number } {
  return { offset: view.getUint32(at, true), length: view.getUint32(at + 4, true) };
}

function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function digestAt(view: DataView, at: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, 32);
}
