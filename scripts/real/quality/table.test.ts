import { expect, test } from "vitest";

import type { QualityRow } from "./table.ts";
import { missedBounds, tableOf } from "./table.ts";

interface Given {
  readonly keyword?: number;
  readonly dense?: number;
  readonly rrf?: number;
  readonly ours?: number;
  readonly judged?: boolean;
}

function row({
  keyword = 0.7,
  dense = 0.7,
  rrf = 0.7,
  ours = 0.75,
  judged = true,
}: Given): QualityRow {
  const figures = (ndcg: number): QualityRow["run"]["figures"] => ({
    "ndcg@10": ndcg,
    "mrr@10": ndcg,
    "recall@10": 1,
    "recall@100": 1,
  });
  return {
    name: "notes",
    judged,
    constant: 0.7,
    withoutIt: ours,
    rrf,
    run: {
      version: 1,
      collection: "notes",
      snapshotRoot: "sha256:0",
      questions: 9,
      figures: figures(ours),
      beside: { keyword: figures(keyword), dense: figures(dense) },
      latencyMs: { p50: 1, p95: 1, worst: 1 },
      results: [],
    },
  };
}

test.each([
  [{}, 0],
  [{ rrf: 0.756 }, 4],
  [{ rrf: 0.74 }, 2],
  [{ keyword: 0.76 }, 2],
  [{ keyword: 0.755, dense: 0.6 }, 0],
  [{ keyword: 0.765, dense: 0.6 }, 2],
  [{ judged: false, keyword: 0.9 }, 2],
])("a row of %j misses %i bounds", (given, count) => {
  expect(missedBounds([row(given)])).toHaveLength(count);
});

test("the table has a line a collection, and says what was chosen", () => {
  const text = tableOf([row({})], { chosen: 0.6, shipped: 0.7, missed: [] });
  expect(text).toContain(
    "| notes | 9 | 0.7000 | 0.7000 | 0.7000 | 0.7500 (0.7) | 0.7500 | 0.7500 | 1.0000 |",
  );
  expect(text).toContain("All collections together choose 0.6; 0.7 is shipped.");
});
