import { openEmbedder } from "@clawkeep/embedder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { workspace } from "../stand.cases.ts";
import type { Workspace } from "../stand.cases.ts";
import type { ResidentIndex } from "./resident-index.ts";
import { residentIndex } from "./resident-index.ts";

let harbour: Workspace;
let garden: Workspace;
let both: ResidentIndex;

beforeAll(async () => {
  harbour = await workspace({ "lamp.md": "# Lamp\n\nThe lamp is lit at dusk.\n" });
  garden = await workspace({
    "lamp.md": "# Garden lamp\n\nA lamp stands by the pond.\n",
    "fish.md": "# Fish\n\nCarp swim in the pond.\n",
  });
  both = residentIndex(
    [
      { name: "harbour", folder: harbour.folder, trust: { registry: harbour.registry } },
      { name: "garden", folder: garden.folder, trust: { registry: garden.registry } },
    ],
    await openEmbedder({ workers: 0 }),
  );
});
afterAll(async () => {
  await both.close();
  harbour[Symbol.dispose]();
  garden[Symbol.dispose]();
});

describe("a worker of several collections", () => {
  test("says what each of them holds", () => {
    expect(both.status()).toMatchObject({
      documents: 3,
      collections: [
        { name: "garden", documents: 2 },
        { name: "harbour", documents: 1 },
      ],
    });
  });

  test("reads a document of the collection that is named, and of no other", () => {
    const range = { path: "lamp.md", lineStart: 1, lineEnd: 9 };
    const { passages } = both.read({ ...range, collection: "garden" });
    expect(passages).toMatchObject([
      { text: expect.stringContaining("pond"), citation: { collection: "garden" } },
    ]);
    const unknown = expect.objectContaining({ code: "READ_UNKNOWN" });
    expect(() => both.read(range)).toThrow(unknown);
    expect(() => both.read({ ...range, collection: "attic" })).toThrow(unknown);
    expect(() => both.read({ ...range, path: "fish.md", collection: "harbour" })).toThrow(unknown);
  });

  test("sees what any of them publishes", async () => {
    const before = both.status();
    await harbour.put({ "fog.md": "# Fog\n\nThe horn sounds in fog.\n" });
    const found = await both.search({ query: "horn in fog", topk: 1 });
    expect(found.results[0]?.citation).toMatchObject({ collection: "harbour", path: "fog.md" });
    expect(both.status().sequence).toBe(before.sequence + 1);
    expect(both.status().snapshotRoot).not.toBe(before.snapshotRoot);
  });
});
