import type { Finding } from "@clawkeep/diagnostics";
import { findingOf, isCodedError, sortFindings } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import type { ChunkRow } from "@clawkeep/segment";
import { hasBit } from "@clawkeep/segment";

import type { Index } from "../query/open-index.ts";
import type { ChunkLeaf } from "../snapshot/snapshot-root.ts";
import { chunkRoot } from "../snapshot/snapshot-root.ts";
import { compareCitation, readInside } from "./verify-citation.ts";

/** What a whole check of an index found. */
export interface IndexVerification {
  /** True when the index is whole. Citations that changed since are counted, and are no damage. */
  readonly ok: boolean;
  readonly snapshotRoot: Digest;
  readonly segments: number;
  /** Citations by state; all 0 when no workspace was given. */
  readonly citations: {
    readonly stillTrue: number;
    readonly changed: number;
    readonly gone: number;
  };
  readonly findings: readonly Finding[];
}

/**
 * Checks everything that an answer rests on: every byte of every segment against its digests, every
 * chunk's text against the chunk's, the tree of all chunks against the snapshot, and, with a
 * workspace, each chunk against its file. A file that changed is a warning: index again.
 */
export function verifyIndex(index: Index, workspace: string | undefined): IndexVerification {
  const findings: Finding[] = [];
  const citations = { stillTrue: 0, changed: 0, gone: 0 };
  const leaves: ChunkLeaf[] = [];
  for (const part of index.parts) {
    findings.push(...part.segment.verify());
    for (let chunk = 0; chunk < part.segment.chunkCount; chunk += 1) {
      if (part.deleted === undefined || !hasBit(part.deleted, chunk)) {
        const leaf = readLeaf(() => part.table.row(chunk), findings);
        leaves.push(...(leaf === undefined ? [] : [leaf]));
      }
    }
  }
  leaves.sort(
    (a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) || a.byteStart - b.byteStart,
  );
  const computed = chunkRoot(leaves);
  if (computed !== index.snapshot.chunkRoot || leaves.length !== index.snapshot.chunks) {
    findings.push({
      code: "INDEX_CHUNK_ROOT",
      severity: "error",
      message: `expected ${index.snapshot.chunks} chunks with root ${index.snapshot.chunkRoot}, got ${leaves.length} with ${computed}`,
      hint: "index the folder again",
    });
  }
  if (workspace !== undefined) {
    checkFiles(workspace, leaves, citations, findings);
  }
  const ok = !findings.some((finding) => finding.severity === "error");
  return {
    ok,
    snapshotRoot: index.snapshot.snapshotRoot,
    segments: index.parts.length,
    citations,
    findings: sortFindings(findings),
  };
}

function readLeaf(read: () => ChunkRow, findings: Finding[]): ChunkLeaf | undefined {
  try {
    const row = read();
    row.text();
    const { path, byteStart, byteEnd, digest, documentDigest, locator } = row;
    const located = locator === undefined ? {} : { locator };
    return { path, byteStart, byteEnd, chunkDigest: digest, documentDigest, ...located };
  } catch (error) {
    if (!isCodedError(error)) {
      throw error;
    }
    findings.push(findingOf(error));
    return undefined;
  }
}

function checkFiles(
  workspace: string,
  leaves: readonly ChunkLeaf[],
  counts: { stillTrue: number; changed: number; gone: number },
  findings: Finding[],
): void {
  let [path, bytes]: [string | undefined, Uint8Array | undefined] = [undefined, undefined];
  let reported = false;
  for (const leaf of leaves) {
    if (leaf.path !== path) {
      [path, bytes, reported] = [leaf.path, readInside(workspace, leaf.path), false];
    }
    const { state } =
      bytes === undefined ? { state: "gone" as const } : compareCitation(bytes, leaf);
    counts[state === "still-true" ? "stillTrue" : state] += 1;
    if (state !== "still-true" && !reported) {
      reported = true;
      findings.push({
        code: state === "gone" ? "CITATION_GONE" : "CITATION_CHANGED",
        severity: "warning",
        message:
          state === "gone"
            ? "the file is gone, or may not be read"
            : "the file says something else than when it was indexed",
        hint: "index the folder again",
        file: leaf.path,
      });
    }
  }
}
