import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { documents, temporaryFolder } from "../test/sample.ts";
import { buildChunkSections } from "./build-chunk-sections.ts";
import { openChunkTable } from "./open-chunk-table.ts";
import { openSegment } from "./open-segment.ts";
import { sectionId } from "./section-id.ts";
import { writeSegment } from "./write-segment.ts";

const golden = fileURLToPath(
  new URL("../../../fixtures/golden/segment-v1/chunks.seg", import.meta.url),
);
const manifest = '{"made":"golden"}';

describe("the golden segment of version 1 with chunks", () => {
  test("is written again byte for byte", async () => {
    const path = join(temporaryFolder(), "a.seg");
    const made = { id: sectionId.manifest, stride: 1, bytes: Buffer.from(manifest) };
    await writeSegment(path, [made, ...buildChunkSections(documents)]);
    expect(readFileSync(path).equals(readFileSync(golden))).toBe(true);
  });

  test("is read and verified", () => {
    const digest = "sha256:725c8db8a8e11aee5051826592ccb517f0eaa52fbca775cb6f5cc2de71a6bfb5";
    using segment = openSegment(golden, { digest });
    expect(segment.verify()).toEqual([]);
    expect(Buffer.from(segment.section(sectionId.manifest)).toString()).toBe(manifest);
    const table = openChunkTable(segment);
    const texts = documents.flatMap((document) => document.chunks.map((chunk) => chunk.text));
    expect(texts.map((_, row) => table.row(row).text())).toEqual(texts);
  });
});
