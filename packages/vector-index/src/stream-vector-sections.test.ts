import { sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";
import { describe, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../test/clustered-vectors.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { streamVectorSections } from "./stream-vector-sections.ts";

/** In the order of the ids, as a segment is written. */
function bytesIn(sections: readonly SectionData[]): readonly (readonly unknown[])[] {
  return sections.map(({ id, stride, bytes }) => {
    const parts = bytes instanceof Uint8Array ? [bytes] : (bytes as Iterable<Uint8Array>);
    const copies = Array.from(parts, (part) => part.slice());
    return [id, stride, Buffer.concat(copies).toString("base64")];
  });
}

/** Each row in the same memory. */
function* oneByOne(
  vectors: Float32Array,
  count: number,
  dimensions: number,
): Generator<Float32Array, void, undefined> {
  const shared = new Float32Array(dimensions);
  for (let row = 0; row < count; row += 1) {
    shared.set(rowOf(vectors, dimensions, row));
    yield shared;
  }
}

describe("vectors that lie somewhere else", () => {
  test.each([
    [0, 64],
    [1, 3],
    [700, 48],
    [400, 384],
  ])("%i of %i dimensions make the sections of those in memory", (count, dimensions) => {
    const vectors = clusteredVectors(count, dimensions, 5);
    const rows = (): Iterable<Float32Array> => oneByOne(vectors, count, dimensions);
    for (const engine of ["auto", "portable"] as const) {
      for (const graph of [false, true]) {
        const options = { engine, graph };
        expect(bytesIn(streamVectorSections(rows, count, dimensions, options))).toEqual(
          bytesIn(buildVectorSections(vectors, dimensions, options)),
        );
      }
    }
  });

  test("have digests of rows where there are many", () => {
    const [count, dimensions] = [4097, 4];
    const vectors = clusteredVectors(count, dimensions, 5);
    const rows = (): Iterable<Float32Array> => oneByOne(vectors, count, dimensions);
    const streamed = bytesIn(streamVectorSections(rows, count, dimensions, { graph: true }));
    expect(streamed).toEqual(bytesIn(buildVectorSections(vectors, dimensions, { graph: true })));
    const ids = streamed.map(([id]) => id);
    expect(ids).toContain(sectionId.codeDigests);
    expect(ids).toContain(sectionId.linkDigests);
  });

  test("are refused when one is no unit vector", () => {
    const sections = streamVectorSections(() => [Float32Array.of(1, 1)], 1, 2);
    expect(() => bytesIn(sections)).toThrow(expect.objectContaining({ code: "VECTOR_NOT_UNIT" }));
  });
});
