import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { openSegment, sectionId, writeSegment } from "@clawkeep/segment";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../test/clustered-vectors.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { openVectorIndex } from "./open-vector-index.ts";
import { RowDigests, rowDigestThreshold } from "./row-digests.ts";

const [count, dimensions] = [rowDigestThreshold, 4];
const vectors = clusteredVectors(count, dimensions, 9);
const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-rows-"));
const file = path.join(folder, "rows.seg");
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  const sections = buildVectorSections(vectors, dimensions, { graph: true });
  const { digest } = await writeSegment(file, sections, { chunkCount: count });
  // Golden: these bytes are written by every later version.
  expect(digest).toBe("sha256:47902c65d4ff69ea5bbb5ad147d62f7438dfbcc2eab590438bd7727618d81c60");
}, 60_000);

function search(from: string, row: number, engine: "auto" | "portable"): readonly number[] {
  using segment = openSegment(from);
  const index = openVectorIndex(segment, { engine });
  return [...index.search(rowOf(vectors, dimensions, row), 5, { ef: 10 }).ids];
}

test.each(["auto", "portable"] as const)(
  "a segment whose rows have digests is whole, and is searched as ever, engine %s",
  (engine) => {
    using segment = openSegment(file);
    expect(segment.verify()).toEqual([]);
    for (const row of [0, 77, 2048, count - 1]) {
      expect(search(file, row, engine)[0]).toBe(row);
    }
  },
);

test.each(["auto", "portable"] as const)(
  "a changed byte of a row that is looked at is refused, engine %s",
  (engine) => {
    using segment = openSegment(file);
    for (const [id, at] of [
      [sectionId.vectorCodes, 77 * 64],
      [sectionId.graphBaseLinks, 77 * 128 + 3],
      [sectionId.vectorHalves, 77 * 64],
    ] as const) {
      const changed = path.join(folder, "changed.seg");
      const bytes = readFileSync(file);
      const place = (segment.entry(id)?.offset ?? 0) + at;
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      writeFileSync(changed, bytes);
      expect(() => search(changed, 77, engine)).toThrow(
        expect.objectContaining({ code: "SEGMENT_DIGEST" }),
      );
    }
  },
);

test("digests of rows do not depend on how the bytes come", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.nat(100), { maxLength: 20 }),
      (bytes, group, cuts) => {
        const digests = new RowDigests(group, bytes.length);
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          digests.add(bytes.subarray(from, from + cut));
          from += cut;
        }
        const expected: Uint8Array[] = [];
        for (let start = 0; start < bytes.length; start += group) {
          expected.push(hash("sha256", bytes.subarray(start, start + group), "buffer"));
        }
        expect(Buffer.from(digests.finish()).equals(Buffer.concat(expected))).toBe(true);
      },
    ),
  );
});
