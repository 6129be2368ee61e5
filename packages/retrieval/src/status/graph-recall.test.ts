/** Recall of a graph, where a graph is built at once and not from thousands of passages on. */
import type * as VectorIndex from "@clawkeep/vector-index";
import { expect, test, vi } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import { standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { openIndex } from "../query/open-index.ts";
import { sampleRecall } from "./sample-recall.ts";

vi.mock("@clawkeep/vector-index", async (original) => {
  const library = await original<typeof VectorIndex>();
  const streamVectorSections: typeof library.streamVectorSections = (rows, _, dimensions) =>
    library.buildVectorSections(
      Float32Array.from([...rows()].flatMap((row) => [...row])),
      dimensions,
      {
        graph: true,
      },
    );
  return { ...library, streamVectorSections };
});

test("the recall of an index with graphs is measured against an exact scan", async () => {
  using places = temporaryPlaces();
  const words = ["lamp", "oil", "fog", "bell", "buoy", "rope", "tower", "keeper", "storm", "glass"];
  for (let file = 0; file < 400; file += 1) {
    const text = Array.from({ length: 8 }, (_, at) => words[(file * 7 + at * (file % 9)) % 10]);
    places.write(`${file}.md`, `# ${text[0] ?? ""} ${file}\n\n${text.join(" ")} ${file * 13}.\n`);
  }
  await indexFolder(places.workspace, places.folder, places.registry, standInModel());
  using index = openIndex(places.folder, { registry: places.registry }, "space-one");
  const recall = sampleRecall(index);
  expect(recall).toMatchObject({ kind: "hnsw", sampled: 32 });
  expect(recall?.recallAt10).toBeGreaterThan(0.9);
  expect(recall?.recallAt10).toBeLessThanOrEqual(1);
});
