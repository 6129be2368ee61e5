import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openSegment, writeSegment } from "@clawkeep/segment";
import type { SectionData, Segment } from "@clawkeep/segment";

/** Writes sections to a file of their own, opens it, and removes the name. */
export async function openSections(
  sections: readonly SectionData[],
  chunkCount: number,
): Promise<Segment> {
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-keyword-"));
  try {
    const written = await writeSegment(join(folder, "a.seg"), sections, { chunkCount });
    return openSegment(written.path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
