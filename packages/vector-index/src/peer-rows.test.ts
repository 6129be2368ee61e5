import { expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../test/clustered-vectors.ts";
import { openSections } from "../test/open-sections.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { openVectorIndex } from "./open-vector-index.ts";

test("row: True ANN (sub-linear), HNSW + exact verify", async () => {
  const [dimensions, count] = [48, 1200];
  const vectors = clusteredVectors(count, dimensions, 11);
  const segment = await openSections(
    buildVectorSections(vectors, dimensions, { graph: true }),
    count,
  );
  const [walk, scan] = [openVectorIndex(segment), openVectorIndex(segment, { kind: "exact" })];
  expect([walk.kind, scan.kind]).toEqual(["hnsw", "exact"]);
  let found = 0;
  for (let row = 0; row < count; row += 40) {
    const query = rowOf(vectors, dimensions, row);
    const nearest = new Set(scan.search(query, 10).ids);
    found += [...walk.search(query, 10).ids].filter((id) => nearest.has(id)).length;
  }
  expect(found / (count / 40) / 10).toBeGreaterThan(0.97);
});
