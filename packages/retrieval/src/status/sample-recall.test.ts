import { rmSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import { standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { openIndex } from "../query/open-index.ts";
import { indexStatus } from "./index-status.ts";
import { sampleRecall } from "./sample-recall.ts";

const places = temporaryPlaces();
const trust = { registry: places.registry };
afterAll(() => places[Symbol.dispose]());

beforeAll(async () => {
  for (let file = 0; file < 60; file += 1) {
    places.write(
      `${file}.md`,
      `# Keeper ${file}\n\nThe lamp of tower ${file} burns oil ${file * 7}.\n`,
    );
  }
  places.write("sub/server.pem", "no text");
  places.write("picture.md", "a\0b");
  places.write("zeros.txt", "\0");
  places.write("broken.md", "---\ntags: [a\n---\n\n# Broken\n\nThe header is no YAML.\n");
  await indexFolder(places.workspace, places.folder, places.registry, standInModel());
});

describe("what an index says of itself", () => {
  test("is how much its search finds of what an exact scan finds", () => {
    using index = openIndex(places.folder, trust, "space-one");
    expect(sampleRecall(index)).toEqual({ kind: "exact", sampled: 32, recallAt10: 1 });
  });

  test("is nothing of recall where vectors are not asked", () => {
    using index = openIndex(places.folder, trust, "space-one", { keywordsOnly: true });
    expect(sampleRecall(index)).toBeUndefined();
  });

  test("is what its files had wrong with them, and when it was published", () => {
    const { findings, publishedMs, bytes } = indexStatus(places.folder, trust);
    expect(findings).toEqual({
      DOCUMENT_BINARY: 2,
      DOCUMENT_FRONT_MATTER: 1,
      DOCUMENT_SECRET_NAME: 1,
    });
    expect(publishedMs).toBeGreaterThan(1_700_000_000_000);
    expect(bytes).toBeGreaterThan(1000);
  });

  test("is what was refused in the last run, also when nothing else changed", async () => {
    rmSync(path.join(places.workspace, "zeros.txt"));
    const run = (): Promise<{ readonly published: boolean }> =>
      indexFolder(places.workspace, places.folder, places.registry, standInModel());
    expect((await run()).published).toBe(false);
    expect(indexStatus(places.folder, trust).findings["DOCUMENT_BINARY"]).toBe(1);
    places.write("zeros.txt", "Zero, in words.\n");
    expect((await run()).published).toBe(true);
    expect(indexStatus(places.folder, trust).findings["DOCUMENT_BINARY"]).toBe(1);
  });

  test("says nothing of what its catalog has where that is not ours", () => {
    const { snapshot } = indexStatus(places.folder, trust);
    const root = snapshot?.snapshotRoot ?? "sha256:";
    expect(indexStatus(places.folder, { snapshotRoot: root })).toMatchObject({
      trusted: true,
      findings: {},
      forgotten: [],
    });
  });
});
