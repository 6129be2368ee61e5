import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openSegment, writeSegment } from "@clawkeep/segment";
import { describe, expect, test } from "vitest";

import { goldenChunks } from "../test/golden-input.ts";
import { analyse } from "./analyser/analyse.ts";
import { buildKeywordSections } from "./build-keyword-sections.ts";
import { openKeywordIndex } from "./open-keyword-index.ts";

const golden = fileURLToPath(
  new URL("../../../fixtures/golden/segment-v1/keywords.seg", import.meta.url),
);

describe("the golden segment of version 1 with keywords", () => {
  test("is written again byte for byte", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "clawkeep-golden-")), "a.seg");
    const chunkCount = goldenChunks.length;
    await writeSegment(path, buildKeywordSections(goldenChunks), { chunkCount });
    expect(readFileSync(path).equals(readFileSync(golden))).toBe(true);
  });

  test("is read, verified and searched", () => {
    using segment = openSegment(golden);
    expect(segment.verify()).toEqual([]);
    const index = openKeywordIndex(segment);
    expect(index.totals).toMatchSnapshot();
    for (const query of ["retries of a request", "getUserName", "Bucher", "検索", "x86", "files"]) {
      const { ids, scores } = index.search(analyse(query), 5);
      expect([...ids].map((id, at) => [id, scores[at]?.toFixed(5)])).toMatchSnapshot(query);
    }
  });
});
