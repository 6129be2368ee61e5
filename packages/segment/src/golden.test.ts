import { copyFileSync, readFileSync } from "node:fs";
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

describe("the golden segment of version 1 with locators", () => {
  const file = fileURLToPath(
    new URL("../../../fixtures/golden/segment-v1/locators.seg", import.meta.url),
  );
  const locator = '{"first":3,"last":3,"layer":"pdf-1","spanEnd":29,"spanStart":0,"unit":"page"}';
  const located = documents.map((document, index) => ({
    ...document,
    chunks: document.chunks.map((chunk) => (index === 0 ? { ...chunk, locator } : chunk)),
  }));

  test("is written again byte for byte", async () => {
    const path = join(temporaryFolder(), "a.seg");
    await writeSegment(path, buildChunkSections(located));
    if (process.env["CLAWKEEP_WRITE_GOLDEN"] === "1") {
      copyFileSync(path, file);
    }
    expect(readFileSync(path).equals(readFileSync(file))).toBe(true);
  });

  test("is read, and only those have a locator that were given one", () => {
    using segment = openSegment(file);
    expect(segment.verify()).toEqual([]);
    const table = openChunkTable(segment);
    expect([0, 1, 2].map((row) => table.row(row).locator)).toEqual([locator, locator, undefined]);
  });

  test("tells a reader that does not know locators to leave it alone", () => {
    const bytes = readFileSync(file);
    // The entry of section 0x0104 is the fifth; its flags say that it must be understood.
    expect(bytes.readUInt32LE(128 + 4 * 96)).toBe(sectionId.locators);
    expect(bytes.readUInt32LE(128 + 4 * 96 + 4) & 1).toBe(1);
  });
});

describe("a segment with facts of documents", () => {
  const file = fileURLToPath(
    new URL("../../../fixtures/golden/segment-v1/facts.seg", import.meta.url),
  );
  const facts = '{"kind":"markdown","metadata":{"tags":["ops"]}}';
  const known = documents.map((document, index) =>
    index === 0 ? { ...document, facts } : document,
  );

  test("is written again byte for byte", async () => {
    const path = join(temporaryFolder(), "a.seg");
    await writeSegment(path, buildChunkSections(known));
    if (process.env["CLAWKEEP_WRITE_GOLDEN"] === "1") {
      copyFileSync(path, file);
    }
    expect(readFileSync(path).equals(readFileSync(file))).toBe(true);
  });

  test("is read, and only those have facts that were given some", () => {
    using segment = openSegment(file);
    expect(segment.verify()).toEqual([]);
    const table = openChunkTable(segment);
    expect(table.document(0).facts).toBe(facts);
    expect(table.document(1).facts).toBeUndefined();
    expect(table.row(0)).not.toHaveProperty("facts");
  });
});
