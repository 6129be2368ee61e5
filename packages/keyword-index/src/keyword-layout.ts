import { requireSection, sectionId, segmentError } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import { analyserVersion } from "./analyser/analyse.ts";
import type { KeywordTotals } from "./keyword-index.ts";

/** Byte offsets in a dictionary entry: `docs/index-format.md` section 3.7. */
export const entryLayout: {
  readonly stride: 32;
  readonly prefix: 0;
  readonly termOffset: 8;
  readonly termLength: 12;
  readonly chunks: 16;
  readonly postings: 24;
} = { stride: 32, prefix: 0, termOffset: 8, termLength: 12, chunks: 16, postings: 24 };

/** Bytes of a term that lie in its dictionary entry. */
export const prefixBytes = 8;
/** Occurrences in one field of one chunk are stored in a byte. */
export const mostOccurrences = 255;
const headerBytes = 64;
const lengthBytes = 8;

/** What the keyword header says. */
export interface KeywordShape {
  readonly terms: number;
  readonly totals: KeywordTotals;
}

/** Bytes of the postings of a term that `chunks` chunks hold. */
export function postingBytes(chunks: number): number {
  return Math.ceil((chunks * 6) / 4) * 4;
}

/** Bytes of the keyword header. */
export function encodeKeywordHeader(shape: KeywordShape): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, shape.totals.chunks, true);
  view.setUint32(4, shape.terms, true);
  view.setBigUint64(8, BigInt(shape.totals.titleTerms), true);
  view.setBigUint64(16, BigInt(shape.totals.bodyTerms), true);
  view.setUint32(24, analyserVersion, true);
  return bytes;
}

/**
 * Reads the keyword header and holds the other keyword sections against it.
 * @throws CodedError `SEGMENT_SECTION`.
 */
export function readKeywordShape(segment: Segment): KeywordShape {
  requireSection(segment, sectionId.keywordHeader, headerBytes, 1);
  const bytes = segment.section(sectionId.keywordHeader);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = view.getUint32(0, true);
  const terms = view.getUint32(4, true);
  if (chunks !== segment.chunkCount || view.getUint32(24, true) !== analyserVersion) {
    throw segmentError("SEGMENT_SECTION", `the keyword header of ${segment.path} is out of range`);
  }
  requireSection(segment, sectionId.dictionary, entryLayout.stride, terms);
  requireSection(segment, sectionId.termHeap, 1);
  requireSection(segment, sectionId.postings, 4);
  requireSection(segment, sectionId.fieldLengths, lengthBytes, chunks);
  const titleTerms = Number(view.getBigUint64(8, true));
  const bodyTerms = Number(view.getBigUint64(16, true));
  return { terms, totals: { chunks, titleTerms, bodyTerms } };
}
