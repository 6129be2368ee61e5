import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { endianness } from "node:os";

import type { Finding } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";

import { BlockReader } from "./block-reader.ts";
import { hex, parseHeader, parseTable } from "./container-header.ts";
import type { ContainerHeader } from "./container-header.ts";
import { digestOffset, entryBytes, headerBytes } from "./container-layout.ts";
import { readExactly, readUpTo } from "./positional-read.ts";
import { formatDigest, parseDigest, sameDigest, sha256 } from "./section-digest.ts";
import { sectionId } from "./section-id.ts";
import { segmentError } from "./segment-error.ts";
import type { Segment, SectionEntry } from "./segment.ts";
import { verifySegment } from "./verify-segment.ts";

/** How to open a segment. */
export interface OpenSegmentOptions {
  /** The segment digest that the caller knows from elsewhere; another one is refused. */
  readonly digest?: Digest;
}

/** Header and table of a segment with this many sections or fewer come with one read. */
const firstRead = 4096;

/**
 * Opens a segment: reads header and table, checks both, and nothing else. Synchronous, because a
 * cold query does nothing meanwhile.
 * @throws CodedError with one of the codes of section 6 of `docs/index-format.md`.
 */
export function openSegment(path: string, options: OpenSegmentOptions = {}): Segment {
  if (endianness() !== "LE") {
    throw segmentError("SEGMENT_VERSION", "segments can be read on little-endian machines only");
  }
  let file: number;
  try {
    // O_NONBLOCK: a FIFO in the place of a segment must not hang the query.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw segmentError("SEGMENT_READ", `cannot open ${path}: ${(error as Error).message}`, error);
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) {
      throw segmentError("SEGMENT_FOREIGN", `${path} is not a regular file`);
    }
    let bytes = readUpTo(file, path, 0, Math.min(firstRead, status.size));
    const header = parseHeader(bytes, status.size, path);
    const tableEnd = headerBytes + header.sectionCount * entryBytes;
    if (tableEnd > bytes.length) {
      bytes = readExactly(file, path, 0, new Uint8Array(tableEnd));
    }
    const entries = parseTable(bytes, header, path);
    const digest = formatDigest(bytes.slice(digestOffset, headerBytes));
    if (options.digest !== undefined && options.digest !== digest) {
      const asked =
        parseDigest(options.digest) === undefined ? "a malformed digest" : options.digest;
      throw segmentError("SEGMENT_DIGEST", `expected ${asked}, got ${digest} in ${path}`);
    }
    return new OpenSegment(file, path, digest, header, entries);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

class OpenSegment implements Segment {
  readonly path: string;
  readonly digest: Digest;
  readonly chunkCount: number;
  readonly byteLength: number;
  readonly blockSizeLog2: number;
  readonly entries: readonly SectionEntry[];
  readonly #byId: ReadonlyMap<number, SectionEntry>;
  readonly #whole: Map<number, Uint8Array> = new Map();
  readonly #releases: (() => void)[] = [];
  #file: number;
  #blocks: BlockReader | undefined;

  constructor(
    file: number,
    path: string,
    digest: Digest,
    header: ContainerHeader,
    entries: readonly SectionEntry[],
  ) {
    this.#file = file;
    this.path = path;
    this.digest = digest;
    this.chunkCount = header.chunkCount;
    this.byteLength = header.fileLength;
    this.blockSizeLog2 = header.blockSizeLog2;
    this.entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
  }

  get descriptor(): number {
    return this.#open();
  }

  entry(id: number): SectionEntry | undefined {
    return this.#byId.get(id);
  }

  section(id: number, into?: Uint8Array): Uint8Array {
    const file = this.#open();
    const entry = this.#require(id);
    const kept = this.#whole.get(id);
    if (into === undefined && kept !== undefined) {
      return kept;
    }
    if (into !== undefined && into.length < entry.length) {
      const expected = `expected room for ${entry.length} bytes of section ${hex(id)}`;
      throw segmentError("SEGMENT_BOUNDS", `${expected}, got ${into.length}`);
    }
    const target = into?.subarray(0, entry.length) ?? allocate(entry.length, id);
    if (kept !== undefined) {
      target.set(kept);
      return target;
    }
    readExactly(file, this.path, entry.offset, target);
    if (!sameDigest(sha256(target), 0, entry.digest, 0)) {
      const message = `section ${hex(id)} of ${this.path} does not match its digest`;
      throw segmentError("SEGMENT_DIGEST", message);
    }
    if (into === undefined) {
      this.#whole.set(id, target);
    }
    return target;
  }

  slice(id: number, offset: number, length: number): Uint8Array {
    const file = this.#open();
    const entry = this.#within(id, offset, length);
    const kept = this.#whole.get(id);
    if (kept !== undefined) {
      return kept.slice(offset, offset + length);
    }
    this.#blocks ??= new BlockReader({
      file,
      path: this.path,
      blockSizeLog2: this.blockSizeLog2,
      entries: this.entries,
      digests: this.section(sectionId.blockDigests),
    });
    return this.#blocks.read(entry, offset, length);
  }

  digested(id: number, offset: number, length: number, digest: Uint8Array): Uint8Array {
    const file = this.#open();
    const entry = this.#within(id, offset, length);
    const kept = this.#whole.get(id);
    const bytes =
      kept === undefined
        ? readExactly(file, this.path, entry.offset + offset, allocate(length, id))
        : kept.slice(offset, offset + length);
    if (!sameDigest(sha256(bytes), 0, digest, 0)) {
      const where = `bytes ${offset} to ${offset + length} of section ${hex(id)}`;
      const message = `${where} of ${this.path} do not match their digest`;
      throw segmentError("SEGMENT_DIGEST", message);
    }
    return bytes;
  }

  /** The entry of a section that has these bytes. */
  #within(id: number, offset: number, length: number): SectionEntry {
    const entry = this.#require(id);
    const inside =
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= entry.length;
    if (!inside) {
      const range = `bytes ${offset} to ${offset + length}`;
      const message = `${range} are not inside section ${hex(id)} of ${entry.length} bytes`;
      throw segmentError("SEGMENT_BOUNDS", `${message} in ${this.path}`);
    }
    return entry;
  }

  verify(): readonly Finding[] {
    return verifySegment({
      file: this.#open(),
      path: this.path,
      byteLength: this.byteLength,
      blockSizeLog2: this.blockSizeLog2,
      entries: this.entries,
    });
  }

  whenClosed(release: () => void): void {
    this.#open();
    this.#releases.push(release);
  }

  close(): void {
    if (this.#file >= 0) {
      this.#releases.splice(0).forEach((release) => release());
      closeSync(this.#file);
      this.#file = -1;
      this.#whole.clear();
      this.#blocks = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): number {
    if (this.#file < 0) {
      throw segmentError("SEGMENT_CLOSED", `${this.path} was closed`);
    }
    return this.#file;
  }

  #require(id: number): SectionEntry {
    const entry = this.#byId.get(id);
    if (entry === undefined) {
      throw segmentError("SEGMENT_SECTION", `${this.path} has no section ${hex(id)}`);
    }
    return entry;
  }
}

function allocate(length: number, id: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    const message = `section ${hex(id)} of ${length} bytes does not fit in memory`;
    throw segmentError("SEGMENT_BOUNDS", message, error);
  }
}
