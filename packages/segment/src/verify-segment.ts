import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";

import { hex } from "./container-header.ts";
import { align, digestBytes, entryBytes, headerBytes } from "./container-layout.ts";
import { digestStream } from "./digest-stream.ts";
import { readExactly } from "./positional-read.ts";
import { sameDigest } from "./section-digest.ts";
import { sectionId } from "./section-id.ts";
import { segmentError } from "./segment-error.ts";
import type { SectionEntry } from "./segment.ts";

/** An open file whose header and table were checked. */
export interface VerifiedTable {
  readonly file: number;
  readonly path: string;
  readonly byteLength: number;
  readonly blockSizeLog2: number;
  readonly entries: readonly SectionEntry[];
}

const pieceBytes: number = 2 ** 20;

/** Reads every byte once: section digests, block digests, and padding, which must be zero. */
export function verifySegment(table: VerifiedTable): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (code: string, message: string): void => {
    findings.push({ code, severity: "error", message, file: table.path });
  };
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!isCodedError(error)) {
        throw error;
      }
      report(error.code, error.message);
    }
  };
  const blocks: Uint8Array[] = [];
  for (const entry of table.entries) {
    attempt(() => {
      const stream = digestStream(table.blockSizeLog2);
      for (let at = 0; at < entry.length; at += pieceBytes) {
        const piece = new Uint8Array(Math.min(pieceBytes, entry.length - at));
        stream.update(readExactly(table.file, table.path, entry.offset + at, piece));
      }
      const computed = stream.finish();
      if (entry.id !== sectionId.blockDigests) {
        blocks.push(...computed.blocks);
      }
      if (!sameDigest(computed.digest, 0, entry.digest, 0)) {
        report("SEGMENT_DIGEST", `section ${hex(entry.id)} does not match its digest`);
      }
    });
  }
  attempt(() => compareBlocks(table, blocks));
  attempt(() => {
    for (const end of paddingStarts(table)) {
      const padding = new Uint8Array(Math.min(align(end), table.byteLength) - end);
      readExactly(table.file, table.path, end, padding);
      const index = padding.findIndex((byte) => byte !== 0);
      if (index >= 0) {
        report("SEGMENT_PADDING", `expected padding of zeros, got another byte at ${end + index}`);
      }
    }
  });
  return findings;
}

function compareBlocks(table: VerifiedTable, blocks: readonly Uint8Array[]): void {
  const entry = table.entries.find((candidate) => candidate.id === sectionId.blockDigests);
  const length = entry?.length ?? 0;
  if (blocks.length * digestBytes !== length) {
    const message = `expected ${blocks.length} block digests, got ${length / digestBytes}`;
    throw segmentError("SEGMENT_SECTION", message);
  }
  const stored = new Uint8Array(length);
  readExactly(table.file, table.path, entry?.offset ?? 0, stored);
  const wrong = blocks.findIndex(
    (block, index) => !sameDigest(block, 0, stored, index * digestBytes),
  );
  if (wrong >= 0) {
    throw segmentError("SEGMENT_DIGEST", `block ${wrong} does not match its digest`);
  }
}

function paddingStarts(table: VerifiedTable): readonly number[] {
  const ends = table.entries.map((entry) => entry.offset + entry.length);
  return [headerBytes + table.entries.length * entryBytes, ...ends];
}
