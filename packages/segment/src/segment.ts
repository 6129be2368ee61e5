import type { Finding } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";

/** What the table of a segment says about one section. Checked against the file when it is opened. */
export interface SectionEntry {
  readonly id: number;
  /** Bytes from the start of the file; a multiple of 64. */
  readonly offset: number;
  readonly length: number;
  readonly stride: number;
  /** Elements: `stride × count = length`. */
  readonly count: number;
  /** SHA-256 of the section's bytes. */
  readonly digest: Uint8Array;
}

/**
 * An open segment file. Every byte that it hands out was compared with a digest that hangs on the
 * segment digest, and is a copy: later changes of the file cannot reach it.
 *
 * Every method throws a `CodedError` whose code starts with `SEGMENT_` when the file is not what its
 * table says (`SEGMENT_TRUNCATED`, `SEGMENT_DIGEST`, `SEGMENT_BOUNDS`, `SEGMENT_SECTION`,
 * `SEGMENT_CLOSED`, `SEGMENT_READ`), and nothing else.
 */
export interface Segment {
  readonly path: string;
  readonly digest: Digest;
  /** Chunks in the segment; every chunk id is smaller. */
  readonly chunkCount: number;
  readonly byteLength: number;
  /** Bytes of a block that has a digest of its own, as a power of two. */
  readonly blockSizeLog2: number;
  /**
   * The open file, for an engine that maps it; it belongs to the segment.
   * @throws CodedError `SEGMENT_CLOSED`.
   */
  readonly descriptor: number;
  readonly entries: readonly SectionEntry[];
  /** The table entry of a section, or undefined when the segment has none. */
  entry(id: number): SectionEntry | undefined;
  /**
   * A whole section, read and verified once, then kept. With `into` the bytes are read to the start
   * of that array instead (it must be at least as long) and are not kept.
   * @throws CodedError `SEGMENT_SECTION` when the segment has no such section.
   */
  section(id: number, into?: Uint8Array): Uint8Array;
  /**
   * A copy of part of a section, 8-byte aligned, served from a section read whole, or else from
   * verified blocks.
   * @throws CodedError `SEGMENT_BOUNDS` when the range is not inside the section.
   */
  slice(id: number, offset: number, length: number): Uint8Array;
  /**
   * The same for a part whose own digest is known: nothing around it is read or compared.
   * @throws CodedError `SEGMENT_BOUNDS`; `SEGMENT_DIGEST` when the bytes are others.
   */
  digested(id: number, offset: number, length: number, digest: Uint8Array): Uint8Array;
  /** Reads the whole file and says everything that is wrong with it. Throws only `SEGMENT_CLOSED`. */
  verify(): readonly Finding[];
  /** Calls `release` when the segment is closed: for what was made of it and must go with it. */
  whenClosed(release: () => void): void;
  close(): void;
  [Symbol.dispose](): void;
}
