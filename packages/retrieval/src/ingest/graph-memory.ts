import type { Finding } from "@clawkeep/diagnostics";
import { graphThreshold } from "@clawkeep/vector-index";

import type { DocumentOutline } from "../catalog/catalog-document.ts";

/** What a process takes while it writes a segment without a graph, measured: docs/decisions/0012. */
const writingBytes = 90e6;
/** What each passage takes beside that while a graph is built: 62,000 passages took 170 MB in all. */
const passageBytes = 1300;

/**
 * Says that writing the segments will take more memory than was asked for. It is written all the same:
 * its bytes do not depend on what a machine has to spare, and how much it takes is bounded by the
 * largest segment.
 *
 * @param written Paths of each segment.
 * @param memory Bytes to keep to; undefined for none.
 */
export function graphMemory(
  written: readonly (readonly string[])[],
  outline: readonly DocumentOutline[],
  memory: number | undefined,
): readonly Finding[] {
  const chunksOf = new Map(outline.map(({ path, chunks }) => [path, chunks]));
  const largest = Math.max(
    0,
    ...written.map((paths) => paths.reduce((sum, path) => sum + (chunksOf.get(path) ?? 0), 0)),
  );
  const needed = writingBytes + largest * passageBytes;
  if (memory === undefined || largest < graphThreshold || needed <= memory) {
    return [];
  }
  return [
    {
      code: "INDEX_MEMORY",
      severity: "warning",
      message: `expected to keep to ${megabytes(memory)} MB, but the graph over ${largest} passages takes about ${megabytes(needed)} MB while it is built`,
      hint: `allow --memory ${megabytes(needed)}M, or index parts of the workspace into indexes of their own`,
    },
  ];
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
