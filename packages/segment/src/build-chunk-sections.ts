import { CodedError } from "@clawkeep/diagnostics";

import { chunkLayout, documentLayout } from "./chunk-layout.ts";
import type { ChunkInput, DocumentInput } from "./chunk-row.ts";
import { parseDigest } from "./section-digest.ts";
import type { SectionData } from "./section-data.ts";
import { sectionId } from "./section-id.ts";
import { StringHeapBuilder } from "./string-heap.ts";

/**
 * The document, chunk, string and text sections. Chunk ids count through the documents in the order
 * given: chunk 0 is the first chunk of the first document.
 * @throws CodedError `SEGMENT_INPUT` for a digest that is not one or a number that is out of range.
 */
export function buildChunkSections(documents: readonly DocumentInput[]): readonly SectionData[] {
  const strings = new StringHeapBuilder();
  const chunkCount = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const documentRows = Buffer.alloc(documents.length * documentLayout.stride);
  const chunkRows = Buffer.alloc(chunkCount * chunkLayout.stride);
  const texts: Uint8Array[] = [];
  let chunkId = 0;
  let textOffset = 0;
  documents.forEach((document, documentId) => {
    const row = documentRows.subarray(documentId * documentLayout.stride);
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
    for (const chunk of document.chunks) {
      const text = Buffer.from(chunk.text, "utf8");
      const target = chunkRows.subarray(chunkId * chunkLayout.stride);
      writeChunk(target, chunk, { documentId, textOffset, textLength: text.length }, strings);
      texts.push(text);
      textOffset += text.length;
      chunkId += 1;
    }
  });
  return [
    { id: sectionId.documents, stride: documentLayout.stride, bytes: documentRows },
    { id: sectionId.chunks, stride: chunkLayout.stride, bytes: chunkRows },
    { id: sectionId.strings, stride: 1, bytes: strings.finish() },
    { id: sectionId.texts, stride: 1, bytes: texts },
  ];
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
