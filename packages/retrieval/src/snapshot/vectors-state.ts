import path from "node:path";

import type { Digest } from "@clawkeep/integrity";

import { readPublished } from "./read-published.ts";

/**
 * Name of the file that says how far the vectors of a snapshot without vectors are. It is written now
 * and then, never synced, and not covered by the root: it is news, nothing rests on it.
 */
export const vectorsFile = "vectors.json";

const largestNews = 4096;

/** How far the vectors are that a published snapshot waits for. */
export interface VectorsState {
  /** The snapshot that answers meanwhile. */
  readonly snapshotRoot: Digest;
  /** Passages with a vector. */
  readonly done: number;
  readonly total: number;
}

/** What an answer says of vectors that are not there: `building 42%`, or `building` when nobody knows. */
export function describeVectors(folder: string, snapshotRoot: Digest): string {
  return vectorsProgress(folder, snapshotRoot) ?? "building";
}

/** `building 42%` when the vectors of this snapshot are being made, or were when that was stopped. */
export function vectorsProgress(folder: string, snapshotRoot: Digest): string | undefined {
  try {
    const value: unknown = JSON.parse(
      readPublished(path.join(folder, vectorsFile), largestNews) ?? "null",
    );
    const fields = new Map<string, unknown>(Object.entries(value ?? {}));
    const [done, total] = [Number(fields.get("done")), Number(fields.get("total"))];
    if (fields.get("snapshotRoot") === snapshotRoot && total > 0 && done >= 0 && done <= total) {
      return `building ${Math.floor((done / total) * 100)}%`;
    }
  } catch {
    // Not there yet, being replaced, or not readable: the answer is worth more than the number.
  }
  return undefined;
}

/** The text of {@link vectorsFile}. */
export function formatVectorsState({ snapshotRoot, done, total }: VectorsState): string {
  return `${JSON.stringify({ snapshotRoot, done, total })}\n`;
}
