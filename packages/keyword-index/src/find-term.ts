import { sectionId, segmentError } from "@clawkeep/segment";
import type { Segment } from "@clawkeep/segment";

import { entryLayout, postingBytes, prefixBytes } from "./keyword-layout.ts";

/** Where the postings of a term lie. */
export interface TermEntry {
  /** Chunks that hold the term. */
  readonly chunks: number;
  /** First byte of the postings. */
  readonly start: number;
}

/**
 * Looks a term up by binary search, so that a query reads a few blocks of the dictionary and of the
 * heap and not all of it. Undefined when no chunk holds the term.
 */
export function findTerm(segment: Segment, terms: number, text: string): TermEntry | undefined {
  const wanted = Buffer.from(text, "utf8");
  let low = 0;
  let high = terms;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = segment.slice(
      sectionId.dictionary,
      middle * entryLayout.stride,
      entryLayout.stride,
    );
    const order = compare(segment, entry, wanted);
    if (order === 0) {
      return readEntry(segment, entry);
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return undefined;
}

/** Below 0 when the entry's term comes before `wanted`, 0 when it is `wanted`. */
function compare(segment: Segment, entry: Uint8Array, wanted: Buffer): number {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const length = view.getUint16(entryLayout.termLength, true);
  const inline = Math.min(length, prefixBytes);
  const prefix = entry.subarray(0, inline);
  // Terms hold no zero byte, so a shorter prefix sorts first, as whole terms do.
  const order = Buffer.compare(prefix, wanted.subarray(0, inline));
  if (order !== 0 || length <= prefixBytes) {
    return order === 0 ? length - wanted.length : order;
  }
  const offset = view.getUint32(entryLayout.termOffset, true);
  const rest = segment.slice(sectionId.termHeap, offset + prefixBytes, length - prefixBytes);
  return Buffer.compare(rest, wanted.subarray(prefixBytes));
}

function readEntry(segment: Segment, entry: Uint8Array): TermEntry {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const chunks = view.getUint32(entryLayout.chunks, true);
  const start = Number(view.getBigUint64(entryLayout.postings, true)) * 4;
  const length = segment.entry(sectionId.postings)?.length ?? 0;
  if (chunks < 1 || chunks > segment.chunkCount || start + postingBytes(chunks) > length) {
    const message = `a dictionary entry of ${segment.path} points outside the postings`;
    throw segmentError("SEGMENT_BOUNDS", message);
  }
  return { chunks, start };
}
