import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openSegment, writeSegment } from "@clawkeep/segment";
import { describe, expect, test } from "vitest";

import { rowOf } from "../test/clustered-vectors.ts";
import { goldenDimensions, goldenOwners, goldenVectors } from "../test/golden-input.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { openVectorIndex } from "./open-vector-index.ts";

const folder = fileURLToPath(new URL("../../../fixtures/golden/segment-v1/", import.meta.url));
const golden = {
  owned: {
    file: join(folder, "vectors-owned.seg"),
    options: { owners: goldenOwners },
    chunkCount: 134,
    kind: "exact",
    ids: [41, 13, 116],
  },
  graph: {
    file: join(folder, "vectors-graph.seg"),
    options: { graph: true },
    chunkCount: 400,
    kind: "hnsw",
    ids: [123, 39, 348],
  },
} as const;

describe.each(Object.entries(golden))("the golden segment of version 1, %s", (_, expected) => {
  test.each(["portable", "auto"] as const)("is written again, engine %s", async (engine) => {
    const path = join(mkdtempSync(join(tmpdir(), "clawkeep-golden-")), "a.seg");
    const options = { ...expected.options, engine };
    const sections = buildVectorSections(goldenVectors, goldenDimensions, options);
    await writeSegment(path, sections, { chunkCount: expected.chunkCount });
    expect(readFileSync(path).equals(readFileSync(expected.file))).toBe(true);
  });

  test.each(["portable", "auto"] as const)("is read and searched, engine %s", (engine) => {
    using segment = openSegment(expected.file);
    expect(segment.verify()).toEqual([]);
    const index = openVectorIndex(segment, { engine });
    expect(index.kind).toBe(expected.kind);
    const hits = index.search(rowOf(goldenVectors, goldenDimensions, 123), 3);
    expect([...hits.ids]).toEqual(expected.ids);
    const scores = [...hits.scores].map((score) => score.toFixed(6));
    expect(scores).toEqual(["1.000000", "0.870057", "0.810328"]);
  });
});
