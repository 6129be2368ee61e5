import { bytesOf, sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";

import { analyse } from "./analyser/analyse.ts";
import {
  encodeKeywordHeader,
  entryLayout,
  mostOccurrences,
  postingBytes,
  prefixBytes,
} from "./keyword-layout.ts";
import { PostingLog } from "./posting-log.ts";

/** What of a chunk is searched for words. */
export interface KeywordInput {
  /** Title and what else names the chunk, such as its heading trail. Weighs three times. */
  readonly title: string;
  readonly body: string;
}

/** A term, where its postings begin, and how many chunks hold it. */
interface DictionaryTerm {
  readonly bytes: Buffer;
  readonly id: number;
}

/** Takes chunks one by one. */
export interface KeywordSectionsBuilder {
  add(chunk: KeywordInput): void;
  /** The sections; the log must stay open until the postings were read, which is once. */
  finish(): readonly SectionData[];
}

/** Bytes of postings that are put in order at a time. */
const windowBytes: number = 4 * 1024 * 1024;

/**
 * Builds the keyword sections of a segment: chunk i is the i-th that is added. The bytes depend on the
 * chunks alone. What grows with the chunks is eight bytes each; with the words, the dictionary.
 *
 * @param scratch Descriptor of an empty file, open for reading and writing, that holds the postings on
 *   their way. Without one they are in memory.
 */
export function startKeywordSections(scratch?: number): KeywordSectionsBuilder {
  const terms = new Map<string, number>();
  const log = new PostingLog(scratch);
  const lengths: number[] = [];
  let chunkCount = 0;
  let titleTerms = 0;
  let bodyTerms = 0;
  return {
    add(chunk) {
      const title = analyse(chunk.title);
      const body = analyse(chunk.body);
      logChunk(log, terms, chunkCount, title, body);
      lengths.push(title.length, body.length);
      titleTerms += title.length;
      bodyTerms += body.length;
      chunkCount += 1;
    },
    finish() {
      const ordered = inByteOrder(terms);
      const order = placePostings(log, ordered);
      const { dictionary, heap } = encodeDictionary(ordered, order);
      const totals = { chunks: chunkCount, titleTerms, bodyTerms };
      return [
        {
          id: sectionId.keywordHeader,
          stride: 64,
          bytes: encodeKeywordHeader({ terms: ordered.length, totals }),
        },
        { id: sectionId.dictionary, stride: entryLayout.stride, bytes: dictionary },
        { id: sectionId.termHeap, stride: 1, bytes: heap },
        { id: sectionId.postings, stride: 4, bytes: sortPostings(log, ordered, order) },
        { id: sectionId.fieldLengths, stride: 8, bytes: bytesOf(Uint32Array.from(lengths)) },
      ];
    },
  };
}

/** The same of chunks that are all in memory. */
export function buildKeywordSections(chunks: Iterable<KeywordInput>): readonly SectionData[] {
  const builder = startKeywordSections();
  for (const chunk of chunks) {
    builder.add(chunk);
  }
  return builder.finish().map((section) => ({ ...section, bytes: wholeOf(section.bytes) }));
}

function wholeOf(bytes: SectionData["bytes"]): Uint8Array {
  return bytes instanceof Uint8Array
    ? bytes
    : Buffer.concat(Array.from(bytes as Iterable<Uint8Array>, (window) => window.slice()));
}

function logChunk(
  log: PostingLog,
  terms: Map<string, number>,
  chunk: number,
  title: readonly string[],
  body: readonly string[],
): void {
  const counts = new Map<number, { title: number; body: number }>();
  const count = (list: readonly string[], field: "title" | "body"): void => {
    for (const text of list) {
      const term = terms.get(text) ?? terms.size;
      if (term === terms.size) {
        terms.set(text, term);
      }
      const known = counts.get(term);
      if (known === undefined) {
        counts.set(term, { title: 0, body: 0, [field]: 1 });
      } else {
        known[field] += 1;
      }
    }
  };
  count(title, "title");
  count(body, "body");
  for (const [term, found] of counts) {
    const inTitle = Math.min(found.title, mostOccurrences);
    log.push({ term, chunk, title: inTitle, body: Math.min(found.body, mostOccurrences) });
  }
}

function inByteOrder(terms: ReadonlyMap<string, number>): readonly DictionaryTerm[] {
  const list = [...terms].map(([text, id]) => ({ bytes: Buffer.from(text, "utf8"), id }));
  return list.sort((a, b) => a.bytes.compare(b.bytes));
}

/** Where the postings of each term go, by term id. */
interface PostingOrder {
  /** First byte. */
  readonly starts: Float64Array;
  /** Chunks that hold the term. */
  readonly holding: Uint32Array;
}

function placePostings(log: PostingLog, ordered: readonly DictionaryTerm[]): PostingOrder {
  const holding = new Uint32Array(ordered.length);
  log.forEach((term) => {
    holding[term] = (holding[term] ?? 0) + 1;
  });
  const starts = new Float64Array(ordered.length);
  let length = 0;
  for (const { id } of ordered) {
    starts[id] = length;
    length += postingBytes(holding[id] ?? 0);
  }
  return { starts, holding };
}

/**
 * The postings in the order of the terms, window by window: the log is read once for each. A window is
 * good until the next one is asked for: its memory is used again.
 */
function* sortPostings(
  log: PostingLog,
  ordered: readonly DictionaryTerm[],
  { starts, holding }: PostingOrder,
): Generator<Uint8Array, void, undefined> {
  const filled = new Uint32Array(ordered.length);
  for (let first = 0; first < ordered.length;) {
    const from = starts[ordered[first]?.id ?? 0] ?? 0;
    let length = 0;
    let next = first;
    while (next < ordered.length && (next === first || length < windowBytes)) {
      length += postingBytes(holding[ordered[next]?.id ?? 0] ?? 0);
      next += 1;
    }
    const postings = new Uint8Array(length);
    const view = new DataView(postings.buffer);
    log.forEach((term, chunk, title, body) => {
      const start = (starts[term] ?? 0) - from;
      if (start >= 0 && start < length) {
        const place = filled[term] ?? 0;
        const chunks = holding[term] ?? 0;
        view.setUint32(start + place * 4, chunk, true);
        postings[start + chunks * 4 + place] = body;
        postings[start + chunks * 5 + place] = title;
        filled[term] = place + 1;
      }
    });
    yield postings;
    first = next;
  }
}

function encodeDictionary(
  ordered: readonly DictionaryTerm[],
  { starts, holding }: PostingOrder,
): { readonly dictionary: Uint8Array; readonly heap: Uint8Array } {
  const dictionary = new Uint8Array(ordered.length * entryLayout.stride);
  const view = new DataView(dictionary.buffer);
  let heapLength = 0;
  ordered.forEach(({ bytes, id }, index) => {
    const at = index * entryLayout.stride;
    dictionary.set(bytes.subarray(0, prefixBytes), at + entryLayout.prefix);
    view.setUint32(at + entryLayout.termOffset, heapLength, true);
    view.setUint16(at + entryLayout.termLength, bytes.length, true);
    view.setUint32(at + entryLayout.chunks, holding[id] ?? 0, true);
    view.setBigUint64(at + entryLayout.postings, BigInt((starts[id] ?? 0) / 4), true);
    heapLength += bytes.length;
  });
  return { dictionary, heap: Buffer.concat(ordered.map(({ bytes }) => bytes)) };
}
