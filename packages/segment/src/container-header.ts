import {
  align,
  digestBytes,
  digestOffset,
  entryBytes,
  headerBytes,
  magic,
  majorVersion,
  maxBlockSizeLog2,
  maxChunks,
  maxSections,
  minBlockSizeLog2,
  minorVersion,
} from "./container-layout.ts";
import { sameDigest, sha256 } from "./section-digest.ts";
import { segmentError } from "./segment-error.ts";
import type { SectionEntry } from "./segment.ts";
import { sectionId } from "./section-id.ts";

/** The header of a segment, parsed and checked for itself. */
export interface ContainerHeader {
  readonly fileLength: number;
  readonly sectionCount: number;
  readonly chunkCount: number;
  readonly blockSizeLog2: number;
}

const critical = 1;
const mustKnow = 0xffff;
const known: ReadonlySet<number> = new Set(Object.values(sectionId));
/** Who does not know these would take a place in a text for a place in the file. */
const criticalSections: ReadonlySet<number> = new Set([sectionId.locators]);

/** Header and table with the segment digest filled in: bytes 0 to the end of the table. */
export function encodeContainer(
  header: ContainerHeader,
  entries: readonly SectionEntry[],
): { readonly bytes: Uint8Array; readonly digest: Uint8Array } {
  const bytes = new Uint8Array(headerBytes + entries.length * entryBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(8, majorVersion, true);
  view.setUint16(10, minorVersion, true);
  view.setUint32(12, headerBytes, true);
  view.setBigUint64(16, BigInt(header.fileLength), true);
  view.setUint32(24, entries.length, true);
  view.setUint32(28, entryBytes, true);
  view.setBigUint64(32, BigInt(headerBytes), true);
  view.setUint32(40, header.chunkCount, true);
  view.setUint32(44, header.blockSizeLog2, true);
  entries.forEach((entry, index) => {
    const at = headerBytes + index * entryBytes;
    view.setUint32(at, entry.id, true);
    view.setUint32(at + 4, criticalSections.has(entry.id) ? critical : 0, true);
    view.setBigUint64(at + 8, BigInt(entry.offset), true);
    view.setBigUint64(at + 16, BigInt(entry.length), true);
    view.setUint32(at + 24, entry.stride, true);
    view.setBigUint64(at + 32, BigInt(entry.count), true);
    bytes.set(entry.digest, at + 64);
  });
  const digest = sha256(bytes.subarray(0, digestOffset), bytes.subarray(headerBytes));
  bytes.set(digest, digestOffset);
  return { bytes, digest };
}

/**
 * Reads the first 128 bytes.
 * @throws CodedError `SEGMENT_TRUNCATED`, `SEGMENT_FOREIGN`, `SEGMENT_VERSION`, `SEGMENT_HEADER`.
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, path: string): ContainerHeader {
  if (magic.some((byte, index) => index < bytes.length && bytes[index] !== byte)) {
    throw segmentError("SEGMENT_FOREIGN", `expected the magic of a segment at byte 0 of ${path}`);
  }
  if (bytes.length < headerBytes) {
    const got = `got ${bytes.length} bytes in ${path}`;
    throw segmentError("SEGMENT_TRUNCATED", `expected a header of ${headerBytes} bytes, ${got}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint16(8, true);
  if (major !== majorVersion) {
    const expected = `expected segment version ${majorVersion}`;
    throw segmentError("SEGMENT_VERSION", `${expected}, got ${major} in ${path}`);
  }
  const fileLength = Number(view.getBigUint64(16, true));
  if (fileLength !== fileSize) {
    const code = fileSize < fileLength ? "SEGMENT_TRUNCATED" : "SEGMENT_HEADER";
    throw segmentError(code, `expected ${fileLength} bytes, got ${fileSize} in ${path}`);
  }
  const header: ContainerHeader = {
    fileLength,
    sectionCount: view.getUint32(24, true),
    chunkCount: view.getUint32(40, true),
    blockSizeLog2: view.getUint32(44, true),
  };
  const sound =
    view.getUint32(12, true) === headerBytes &&
    view.getUint32(28, true) === entryBytes &&
    view.getBigUint64(32, true) === BigInt(headerBytes) &&
    header.sectionCount >= 1 &&
    header.sectionCount <= maxSections &&
    header.chunkCount <= maxChunks &&
    header.blockSizeLog2 >= minBlockSizeLog2 &&
    header.blockSizeLog2 <= maxBlockSizeLog2 &&
    align(headerBytes + header.sectionCount * entryBytes) <= fileLength;
  if (!sound) {
    throw segmentError("SEGMENT_HEADER", `a size in the header of ${path} is out of range`);
  }
  return header;
}

/**
 * Reads the table that follows the header; `bytes` holds both.
 * @throws CodedError `SEGMENT_DIGEST`, `SEGMENT_TABLE`, `SEGMENT_UNKNOWN_SECTION`.
 */
export function parseTable(
  bytes: Uint8Array,
  header: ContainerHeader,
  path: string,
): readonly SectionEntry[] {
  const tableEnd = headerBytes + header.sectionCount * entryBytes;
  const computed = sha256(bytes.subarray(0, digestOffset), bytes.subarray(headerBytes, tableEnd));
  if (!sameDigest(computed, 0, bytes, digestOffset)) {
    throw segmentError("SEGMENT_DIGEST", `header and table of ${path} do not match their digest`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: SectionEntry[] = [];
  let lastId = -1;
  let free = align(tableEnd);
  for (let at = headerBytes; at < tableEnd; at += entryBytes) {
    const id = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    const offset = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 16, true));
    const stride = view.getUint32(at + 24, true);
    const count = Number(view.getBigUint64(at + 32, true));
    // Sections lie one after another with nothing but padding between, so an overlap, a gap that
    // could hide bytes, and a wrong order are all one comparison.
    const sound =
      id > lastId &&
      offset === free &&
      Number.isSafeInteger(offset + length) &&
      align(offset + length) <= header.fileLength &&
      stride >= 1 &&
      Number.isSafeInteger(count) &&
      stride * count === length;
    if (!sound) {
      throw segmentError("SEGMENT_TABLE", `section ${hex(id)} of ${path} has a wrong table entry`);
    }
    if ((flags & mustKnow & ~critical) !== 0 || ((flags & critical) !== 0 && !known.has(id))) {
      const message = `section ${hex(id)} of ${path} must be understood, and is not known here`;
      throw segmentError("SEGMENT_UNKNOWN_SECTION", message);
    }
    entries.push({
      id,
      offset,
      length,
      stride,
      count,
      digest: bytes.slice(at + 64, at + 64 + digestBytes),
    });
    lastId = id;
    free = align(offset + length);
  }
  const last = entries.at(-1);
  if (free !== header.fileLength || last?.id !== sectionId.blockDigests) {
    throw segmentError("SEGMENT_TABLE", `the sections of ${path} do not end where the file ends`);
  }
  return entries;
}

/** A section id as the format page writes it. */
export function hex(id: number): string {
  return `0x${id.toString(16).padStart(4, "0")}`;
}
