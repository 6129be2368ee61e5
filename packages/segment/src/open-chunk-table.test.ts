import { join } from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { digestOf, documents, temporaryFolder } from "../test/sample.ts";
import { buildChunkSections } from "./build-chunk-sections.ts";
import { chunkLayout, documentLayout } from "./chunk-layout.ts";
import type { DocumentInput } from "./chunk-row.ts";
import { openChunkTable } from "./open-chunk-table.ts";
import { openSegment } from "./open-segment.ts";
import type { SectionData } from "./section-data.ts";
import { sectionId } from "./section-id.ts";
import { writeSegment } from "./write-segment.ts";

const folder = temporaryFolder();

async function roundTrip(input: readonly DocumentInput[]): Promise<DocumentInput[]> {
  const path = join(folder, "round.seg");
  await writeSegment(path, buildChunkSections(input));
  using segment = openSegment(path);
  const table = openChunkTable(segment);
  expect(table.documentCount).toBe(input.length);
  return input.map((_, index) => {
    const { firstChunk, chunkCount, ...document } = table.document(index);
    const chunks = Array.from({ length: chunkCount }, (__, ordinal) => {
      const row = table.row(firstChunk + ordinal);
      expect(row.document).toBe(index);
      expect([row.path, row.documentTitle]).toEqual([document.path, document.title]);
      const { ordinal: number, byteStart, byteEnd, lineStart, lineEnd, headings } = row;
      const place = { ordinal: number, byteStart, byteEnd, lineStart, lineEnd, headings };
      return { ...place, text: row.text(), title: row.title, digest: row.digest };
    });
    return { ...document, chunks };
  });
}

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const position = fc.nat(2 ** 32 - 1);
const chunk = fc
  .record({
    ordinal: position,
    text,
    byteStart: fc.maxSafeNat(),
    byteEnd: fc.maxSafeNat(),
    lineStart: position,
    lineEnd: position,
    headings: fc.array(text, { maxLength: 4 }),
    title: text,
  })
  .map((value) => ({ ...value, digest: digestOf(value.text) }));
const document = fc.record({
  path: text,
  title: text,
  size: fc.maxSafeNat(),
  digest: text.map(digestOf),
  chunks: fc.array(chunk, { maxLength: 4 }),
});

describe("chunk and document tables", () => {
  test("give back what was put in", async () => {
    expect(await roundTrip(documents)).toEqual(documents);
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 4 }), async (input) => {
        expect(await roundTrip(input)).toEqual(input);
      }),
      { numRuns: 60 },
    );
  });

  test("store equal strings once", () => {
    const sections = buildChunkSections(documents);
    const heap = sections.find((section) => section.id === sectionId.strings)?.bytes as Buffer;
    expect(heap.toString("utf8").split("Next — steps")).toHaveLength(3);
  });

  test("refuse rows that are not there", async () => {
    const path = join(folder, "rows.seg");
    await writeSegment(path, buildChunkSections(documents));
    using segment = openSegment(path);
    const table = openChunkTable(segment);
    for (const row of [-1, 3, 0.5, Number.NaN, 2 ** 40]) {
      expect(() => table.row(row)).toThrow("expected a row below 3");
      expect(() => table.document(row)).toThrow("expected a row below 2");
    }
  });

  test("need their sections, in their shape", async () => {
    const path = join(folder, "lacking.seg");
    const sections = buildChunkSections(documents);
    for (const missing of sections) {
      const rest = sections.filter((section) => section !== missing);
      await writeSegment(path, rest, { chunkCount: 3 });
      using segment = openSegment(path);
      expect(codeOf(() => openChunkTable(segment))).toBe("SEGMENT_SECTION");
    }
  });

  test("refuse input that has no place in the format", () => {
    const [first] = documents;
    const bad = [{ size: -1 }, { size: 1.5 }, { digest: "sha256:12" as const }];
    for (const change of bad) {
      const forged = [{ ...first, ...change } as DocumentInput];
      expect(codeOf(() => buildChunkSections(forged))).toBe("SEGMENT_INPUT");
    }
  });
});

describe("a forged table with right digests", () => {
  const fields = [
    [sectionId.chunks, chunkLayout.stride, chunkLayout.document],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.textOffset],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.textOffset + 4],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.textLength],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.headings],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.headings + 4],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.title],
    [sectionId.chunks, chunkLayout.stride, chunkLayout.title + 4],
    [sectionId.documents, documentLayout.stride, documentLayout.path],
    [sectionId.documents, documentLayout.stride, documentLayout.title + 4],
  ] as const;

  test("gives a coded error or text from its own heap", async () => {
    const path = join(folder, "forged.seg");
    const value = fc.oneof(fc.nat(200), fc.nat(2 ** 32 - 1));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), value, async ([id, stride, at], forged) => {
        const sections = buildChunkSections(documents).map((section): SectionData => {
          if (section.id !== id) {
            return section;
          }
          const bytes = Buffer.from(section.bytes as Uint8Array);
          bytes.writeUInt32LE(forged, stride + at);
          return { ...section, bytes };
        });
        await writeSegment(path, sections);
        using segment = openSegment(path);
        const code = codeOf(() => {
          const table = openChunkTable(segment);
          for (let row = 0; row < 3; row += 1) {
            table.row(row).text();
          }
        });
        expect(["done", "SEGMENT_BOUNDS", "SEGMENT_DIGEST"]).toContain(code);
      }),
      { numRuns: 150 },
    );
  });
});

function codeOf(read: () => unknown): string {
  try {
    read();
    return "done";
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}
