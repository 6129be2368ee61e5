import { fileURLToPath } from "node:url";

import { openSegment } from "@clawkeep/segment";
import { expect, test } from "vitest";

import { rowOf } from "../test/clustered-vectors.ts";
import { goldenDimensions, goldenOwners, goldenVectors } from "../test/golden-input.ts";
import { openChunkVectors } from "./read-chunk-vector.ts";

const folder = new URL("../../../fixtures/golden/segment-v1/", import.meta.url);

test("a chunk's vector is the one that was stored, rounded to halves", () => {
  using segment = openSegment(fileURLToPath(new URL("vectors-graph.seg", folder)));
  const vectorOf = openChunkVectors(segment);
  for (const chunk of [0, 1, 399]) {
    const stored = rowOf(goldenVectors, goldenDimensions, chunk);
    vectorOf(chunk)?.forEach((value, index) => expect(value).toBeCloseTo(stored[index] ?? 0, 3));
  }
  expect(() => vectorOf(400)).toThrow(expect.objectContaining({ code: "VECTOR_QUERY" }));
});

test("a chunk with several vectors has the first, and one without has none", () => {
  using segment = openSegment(fileURLToPath(new URL("vectors-owned.seg", folder)));
  const vectorOf = openChunkVectors(segment);
  for (let chunk = 0; chunk < segment.chunkCount; chunk += 1) {
    const row = goldenOwners.indexOf(chunk);
    const vector = vectorOf(chunk);
    expect(vector === undefined).toBe(row < 0);
    if (row >= 0) {
      const stored = rowOf(goldenVectors, goldenDimensions, row);
      expect(vector?.[0]).toBeCloseTo(stored[0] ?? 0, 3);
    }
  }
});
