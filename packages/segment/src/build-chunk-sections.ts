import { CodedError } from "@clawkeep/diagnostics";

import { chunkLayout, documentLayout, factsLayout, locatorLayout } from "./chunk-layout.ts";
import type { ChunkInput, DocumentInput } from "./chunk-row.ts";
import { parseDigest } from "./section-digest.ts";
import { inBlocks } from "./in-blocks.ts";
import type { SectionData } from "./section-data.ts";
import { sectionId } from "./section-id.ts";
import { StringHeapBuilder } from "./string-heap.ts";

/** Takes documents one by one; what it keeps of a chunk is a row, never its text. */
export interface ChunkSectionsBuilder {
  /** @throws CodedError `SEGMENT_INPUT` for a digest that is not one or a number that is out of range. */
  add(document: DocumentInput): void;
  /** @param texts The chunks' texts in UTF-8, in the order in which they were added. Read once. */
  finish(texts: Iterable<Uint8Array>): readonly SectionData[];
}

/**
 * Builds the document, chunk, string and text sections. Chunk ids count through the documents in the
 * order added: chunk 0 is the first chunk of the first document.
 */
export function startChunkSections(): ChunkSectionsBuilder {
  const strings = new StringHeapBuilder();
  const documentRows: Uint8Array[] = [];
  const chunkRows: Uint8Array[] = [];
  const locatorRows: Uint8Array[] = [];
  const factRows: Uint8Array[] = [];
  let [located, known] = [false, false];
  let chunkId = 0;
  let textOffset = 0;
  return {
    add(document) {
      const documentId = documentRows.length;
      const row = Buffer.alloc(documentLayout.stride);
      const path = strings.add(document.path);
      const title = strings.add(document.title);
      row.writeUInt32LE(path.offset, documentLayout.path);
      row.writeUInt32LE(path.length, documentLayout.path + 4);
      row.writeUInt32LE(title.offset, documentLayout.title);
      row.writeUInt32LE(title.length, documentLayout.title + 4);
      row.writeBigUInt64LE(natural(document.size, document.path), documentLayout.size);
      row.writeUInt32LE(chunkId, documentLayout.firstChunk);
      row.writeUInt32LE(document.chunks.length, documentLayout.chunkCount);
      row.set(digestOf(document.digest, document.path), documentLayout.digest);
      documentRows.push(row);
      const rows = Buffer.alloc(document.chunks.length * chunkLayout.stride);
      document.chunks.forEach((chunk, index) => {
        const textLength = Buffer.byteLength(chunk.text, "utf8");
        const target = rows.subarray(index * chunkLayout.stride);
        writeChunk(target, chunk, { documentId, textOffset, textLength }, strings);
        textOffset += textLength;
      });
      chunkRows.push(rows);
      const places = Buffer.alloc(document.chunks.length * locatorLayout.stride);
      document.chunks.forEach(({ locator }, index) => {
        if (locator !== undefined) {
          const { offset, length } = strings.add(locator);
          places.writeUInt32LE(offset, index * locatorLayout.stride);
          places.writeUInt32LE(length, index * locatorLayout.stride + 4);
          located = true;
        }
      });
      locatorRows.push(places);
      const facts = Buffer.alloc(factsLayout.stride);
      if (document.facts !== undefined) {
        const { offset, length } = strings.add(document.facts);
        facts.writeUInt32LE(offset, 0);
        facts.writeUInt32LE(length, 4);
        known = true;
      }
      factRows.push(facts);
      chunkId += document.chunks.length;
    },
    finish: (texts) => [
      { id: sectionId.documents, stride: documentLayout.stride, bytes: inBlocks(documentRows) },
      { id: sectionId.chunks, stride: chunkLayout.stride, bytes: inBlocks(chunkRows) },
      { id: sectionId.strings, stride: 1, bytes: strings.finish() },
      { id: sectionId.texts, stride: 1, bytes: inBlocks(texts) },
      // Only where there is one: a segment of text alone has the bytes that it always had.
      ...(located
        ? [{ id: sectionId.locators, stride: locatorLayout.stride, bytes: inBlocks(locatorRows) }]
        : []),
      ...(known
        ? [{ id: sectionId.facts, stride: factsLayout.stride, bytes: inBlocks(factRows) }]
        : []),
    ],
  };
}

/**
 * The same of documents that are all in memory.
 * @throws CodedError `SEGMENT_INPUT` for a digest that is not one or a number that is out of range.
 */
export function buildChunkSections(documents: readonly DocumentInput[]): readonly SectionData[] {
  const builder = startChunkSections();
  documents.forEach((document) => builder.add(document));
  return builder
    .finish(textsOf(documents))
    .map((section) => ({ ...section, bytes: wholeOf(section.bytes) }));
}

function* textsOf(documents: readonly DocumentInput[]): Generator<Uint8Array, void, undefined> {
  for (const { chunks } of documents) {
    for (const { text } of chunks) {
      yield Buffer.from(text, "utf8");
    }
  }
}

function wholeOf(bytes: SectionData["bytes"]): Uint8Array {
  return bytes instanceof Uint8Array
    ? bytes
    : Buffer.concat(Array.from(bytes as Iterable<Uint8Array>, (block) => block.slice()));
}

function writeChunk(
  row: Buffer,
  chunk: ChunkInput,
  place: { readonly documentId: number; readonly textOffset: number; readonly textLength: number },
  strings: StringHeapBuilder,
): void {
  const where = `chunk ${chunk.ordinal}`;
  const headings = strings.addList(chunk.headings);
  const title = strings.add(chunk.title);
  row.writeUInt32LE(place.documentId, chunkLayout.document);
  row.writeUInt32LE(small(chunk.ordinal, where), chunkLayout.ordinal);
  row.writeBigUInt64LE(natural(chunk.byteStart, where), chunkLayout.byteStart);
  row.writeBigUInt64LE(natural(chunk.byteEnd, where), chunkLayout.byteEnd);
  row.writeUInt32LE(small(chunk.lineStart, where), chunkLayout.lineStart);
  row.writeUInt32LE(small(chunk.lineEnd, where), chunkLayout.lineEnd);
  row.writeBigUInt64LE(BigInt(place.textOffset), chunkLayout.textOffset);
  row.writeUInt32LE(place.textLength, chunkLayout.textLength);
  row.writeUInt32LE(headings.offset, chunkLayout.headings);
  row.writeUInt32LE(headings.length, chunkLayout.headings + 4);
  row.writeUInt32LE(title.offset, chunkLayout.title);
  row.writeUInt32LE(title.length, chunkLayout.title + 4);
  row.set(digestOf(chunk.digest, where), chunkLayout.digest);
}

function natural(value: number, where: string): bigint {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw inputError(`expected a whole number, got ${value} in ${where}`);
  }
  return BigInt(value);
}

function small(value: number, where: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw inputError(`expected a 32-bit number, got ${value} in ${where}`);
  }
  return value;
}

function digestOf(text: string, where: string): Uint8Array {
  const digest = parseDigest(text);
  if (digest === undefined) {
    throw inputError(`expected a digest in ${where}`);
  }
  return digest;
}

function inputError(message: string): CodedError {
  const hint = "this is a defect of the program that builds the index";
  return new CodedError({ code: "SEGMENT_INPUT", message, hint });
}
