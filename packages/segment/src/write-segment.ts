import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";

import { encodeContainer, hex } from "./container-header.ts";
import { align, blockSizeLog2, entryBytes, headerBytes } from "./container-layout.ts";
import { maxChunks } from "./container-layout.ts";
import { formatDigest } from "./section-digest.ts";
import { digestStream } from "./digest-stream.ts";
import type { SectionData } from "./section-data.ts";
import { sectionId } from "./section-id.ts";
import type { SectionEntry } from "./segment.ts";

/** What was written, and where. */
export interface WrittenSegment {
  readonly path: string;
  readonly digest: Digest;
  readonly byteLength: number;
}

/** What a segment says about itself beside its sections. */
export interface WriteSegmentOptions {
  /** Chunks in the segment. Default: the rows of the chunk section. */
  readonly chunkCount?: number;
  /** Mode of the file. Default 0o644 less the process's umask. */
  readonly mode?: number;
}

/**
 * Writes a segment beside its final place, syncs it, renames it, and syncs the folder: after a crash
 * there is either the whole file or none. The bytes depend on the sections alone, not on their order.
 * @param target The file, or a function that names it once its digest is known. Its folder must exist.
 * @throws CodedError `SEGMENT_WRITE` when the disk refuses, `SEGMENT_INPUT` for sections that make no
 * segment: an id twice or reserved, a length that is not a multiple of the stride.
 */
export async function writeSegment(
  target: string | { readonly folder: string; readonly name: (digest: Digest) => string },
  sections: readonly SectionData[],
  options: WriteSegmentOptions = {},
): Promise<WrittenSegment> {
  const folder = typeof target === "string" ? dirname(target) : target.folder;
  const temporary = join(folder, `.${randomBytes(8).toString("hex")}.seg.tmp`);
  const ordered = inOrder(sections);
  try {
    const file = await open(temporary, "wx", options.mode ?? 0o644);
    let written: { readonly digest: Digest; readonly byteLength: number };
    try {
      written = await writeContainer(file, ordered, options);
      await file.sync();
    } finally {
      await file.close();
    }
    const name = typeof target === "string" ? basename(target) : target.name(written.digest);
    const path = join(folder, name);
    await rename(temporary, path);
    await syncFolder(folder);
    return { path, ...written };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (error instanceof CodedError) {
      throw error;
    }
    throw new CodedError({
      code: "SEGMENT_WRITE",
      message: `could not write a segment in ${folder}: ${(error as Error).message}`,
      hint: "check free space and permissions; the old index is untouched",
      cause: error,
    });
  }
}

async function writeContainer(
  file: FileHandle,
  sections: readonly SectionData[],
  options: WriteSegmentOptions,
): Promise<{ readonly digest: Digest; readonly byteLength: number }> {
  const entries: SectionEntry[] = [];
  const blockDigests: Uint8Array[] = [];
  let position = align(headerBytes + (sections.length + 1) * entryBytes);
  const append = async (section: SectionData): Promise<void> => {
    const stream = digestStream(blockSizeLog2);
    let length = 0;
    for await (const part of partsOf(section.bytes)) {
      stream.update(part);
      await writeAll(file, part, position + length);
      length += part.length;
    }
    if (length % section.stride !== 0) {
      const expected = `expected a multiple of ${section.stride} bytes in section ${hex(section.id)}`;
      throw inputError(`${expected}, got ${length}`);
    }
    const { digest, blocks } = stream.finish();
    blockDigests.push(...blocks);
    entries.push({
      id: section.id,
      offset: position,
      length,
      stride: section.stride,
      count: length / section.stride,
      digest,
    });
    position = align(position + length);
  };
  for (const section of sections) {
    await append(section);
  }
  const covered = [...blockDigests];
  await append({ id: sectionId.blockDigests, stride: 32, bytes: covered });
  // Padding is written by growing the file: the holes read as zero.
  await file.truncate(position);
  const chunks = entries.find((entry) => entry.id === sectionId.chunks)?.count;
  const chunkCount = options.chunkCount ?? chunks ?? 0;
  if (chunkCount > maxChunks || (chunks !== undefined && chunks !== chunkCount)) {
    throw inputError(`expected ${chunks ?? `at most ${maxChunks}`} chunks, got ${chunkCount}`);
  }
  const sectionCount = entries.length;
  const header = { fileLength: position, sectionCount, chunkCount, blockSizeLog2 };
  const { bytes, digest } = encodeContainer(header, entries);
  await writeAll(file, bytes, 0);
  return { digest: formatDigest(digest), byteLength: position };
}

function inOrder(sections: readonly SectionData[]): readonly SectionData[] {
  const ordered = [...sections].sort((a, b) => a.id - b.id);
  ordered.forEach((section, index) => {
    const valid = Number.isInteger(section.id) && section.id >= 1 && section.stride >= 1;
    if (!valid || section.id >= sectionId.blockDigests) {
      throw inputError(`section id ${section.id} cannot be written`);
    }
    if (ordered[index + 1]?.id === section.id) {
      throw inputError(`section ${hex(section.id)} is given twice`);
    }
  });
  return ordered;
}

async function* partsOf(bytes: SectionData["bytes"]): AsyncGenerator<Uint8Array> {
  if (bytes instanceof Uint8Array) {
    yield bytes;
  } else {
    yield* bytes;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function inputError(message: string): CodedError {
  return new CodedError({
    code: "SEGMENT_INPUT",
    message,
    hint: "this is a defect of the program that builds the index",
  });
}
