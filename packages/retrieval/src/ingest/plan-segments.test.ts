import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { verifyIndex } from "../citation/verify-index.ts";
import { answerQuery } from "../query/answer-query.ts";
import { forgetPaths } from "../forgetting/forget-paths.ts";
import { openIndex } from "../query/open-index.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { indexFolder } from "./index-folder.ts";
import type { IndexOptions, IndexReport } from "./index-run.ts";
import { planAll } from "./plan-segments.ts";
import type { Places } from "./stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

/** So small that a handful of notes are a large index. */
const layout = { wholeBelow: 4, smallest: 2, largest: 12 };

function run(places: Places, options: IndexOptions = {}): Promise<IndexReport> {
  return indexFolder(places.workspace, places.folder, places.registry, standInModel(), {
    now: () => Date.now() + 3_600_000,
    layout,
    ...options,
  });
}

function snapshotOf(places: Places): Snapshot {
  const snapshot = readSnapshot(places.folder);
  if (snapshot === undefined) {
    throw new Error("nothing is published");
  }
  return snapshot;
}

const words = "tea coffee water milk kettle degrees pressure brewed steam filter".split(" ");

function noteOf(file: number, version: number): string {
  const said = Array.from({ length: 6 }, (_, at) => words[(file * 3 + version * at + at) % 10]);
  return `# Note ${file}\n\n${said.join(" ")} in version ${version}.\n`;
}

/** Everything that a query says, equal scores in the order of the paths. */
async function answers(places: Places): Promise<unknown> {
  using index = openIndex(places.folder, { registry: places.registry }, "space-one");
  expect(verifyIndex(index, places.workspace)).toMatchObject({ ok: true, findings: [] });
  const found: unknown[] = [];
  for (const query of ["tea", "steam pressure", "note 3", "version 2 of the kettle", "nothing"]) {
    const { results } = await answerQuery(index, embedQuery, query, { topK: 50 });
    const hits = results.map(({ score, text, citation }) => ({
      score,
      text,
      path: citation.path,
      byteStart: citation.byteStart,
    }));
    found.push(hits.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1)));
  }
  return found;
}

const file = fc.nat(19);
const change = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), file, version: fc.nat(5) }),
  fc.record({ kind: fc.constant("remove" as const), file, version: fc.constant(0) }),
);

describe("an index that is changed again and again", () => {
  test("answers as one that was made anew, and compacted is one, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 }),
        async (runs) => {
          using changed = temporaryPlaces();
          using fresh = temporaryPlaces();
          const present = new Map<number, number>();
          const put = (number: number, version: number): void => {
            present.set(number, version);
            changed.write(`note-${number}.md`, noteOf(number, version));
          };
          Array.from({ length: 14 }, (_, number) => put(number, 0));
          await run(changed);
          for (const changes of runs) {
            for (const { kind, file: number, version } of changes) {
              if (kind === "write") {
                put(number, version);
              } else {
                present.delete(number);
                rmSync(path.join(changed.workspace, `note-${number}.md`), { force: true });
              }
            }
            await run(changed);
            const { segments } = snapshotOf(changed);
            expect(segments.length).toBeLessThanOrEqual(7);
            expect(readdirSync(path.join(changed.folder, "segments")).sort()).toEqual(
              segments.map((segment) => segment.file).sort(),
            );
          }
          present.forEach((version, number) =>
            fresh.write(`note-${number}.md`, noteOf(number, version)),
          );
          await run(fresh);
          expect(snapshotOf(changed).chunkRoot).toBe(snapshotOf(fresh).chunkRoot);
          expect(await answers(changed)).toEqual(await answers(fresh));
          const compacted = await run(changed, { compact: true });
          expect(compacted.snapshotRoot).toBe(snapshotOf(fresh).snapshotRoot);
        },
      ),
      { numRuns: 6 },
    );
  });

  test("writes a small change beside the segments that hold the rest", async () => {
    using places = temporaryPlaces();
    Array.from({ length: 11 }, (_, number) => places.write(`note-${number}.md`, noteOf(number, 0)));
    await run(places);
    const [first] = snapshotOf(places).segments;
    places.write("note-3.md", noteOf(3, 1));
    await run(places);
    const { segments, chunks } = snapshotOf(places);
    expect(segments.map((segment) => [segment.file === first?.file, segment.chunks])).toEqual([
      [true, 11],
      [false, 1],
    ]);
    expect(segments[0]?.deleted).toBeDefined();
    expect(chunks).toBe(11);
    expect(await run(places)).toMatchObject({ published: false });
  });

  test("keeps no byte of what is deleted once it is compacted, also when nothing else changed", async () => {
    using places = temporaryPlaces();
    const canary = "zanzibarcanary";
    Array.from({ length: 11 }, (_, number) => places.write(`note-${number}.md`, noteOf(number, 0)));
    places.write("secret.md", `# Secret\n\nThe word is ${canary}.\n`);
    await run(places);
    rmSync(path.join(places.workspace, "secret.md"));
    await run(places);
    const folder = path.join(places.folder, "segments");
    const holds = (): boolean =>
      readdirSync(folder).some((name) => readFileSync(path.join(folder, name)).includes(canary));
    expect(holds()).toBe(true);
    expect(await run(places, { compact: true })).toMatchObject({ published: true });
    expect(holds()).toBe(false);
    expect(await run(places, { compact: true })).toMatchObject({ published: false });
  });

  test("forgets a file that was deleted before, and one that is there, in every segment", async () => {
    using places = temporaryPlaces();
    Array.from({ length: 11 }, (_, number) => places.write(`note-${number}.md`, noteOf(number, 0)));
    for (const name of ["gone", "here"]) {
      places.write(`${name}.md`, `# Secret\n\nThe word is ${name}canary.\n`);
    }
    await run(places);
    rmSync(path.join(places.workspace, "gone.md"));
    await run(places);
    const folder = path.join(places.folder, "segments");
    const holds = (word: string): boolean =>
      readdirSync(folder).some((name) => readFileSync(path.join(folder, name)).includes(word));
    expect(holds("gonecanary")).toBe(true);
    const forget = async (name: string): Promise<void> => {
      const { folder: index, registry } = places;
      await forgetPaths(index, registry, standInModel(), [name], { layout });
    };
    await forget("gone.md");
    expect([holds("gonecanary"), holds("herecanary")]).toEqual([false, true]);
    await forget("here.md");
    expect(holds("herecanary")).toBe(false);
  });

  test("is written as a whole where vectors come from another build, or a segment is damaged", async () => {
    using places = temporaryPlaces();
    Array.from({ length: 11 }, (_, number) => places.write(`note-${number}.md`, noteOf(number, 0)));
    await run(places);
    const { segments } = snapshotOf(places);
    places.write("note-3.md", noteOf(3, 1));
    const other = standInModel("space-one", "another build");
    await indexFolder(places.workspace, places.folder, places.registry, other, { layout });
    const kept = (): readonly string[] => snapshotOf(places).segments.map(({ file: name }) => name);
    expect(kept()).toHaveLength(1);
    expect(kept()).not.toContain(segments[0]?.file);
    rmSync(path.join(places.folder, "segments", kept()[0] ?? ""));
    places.write("note-4.md", noteOf(4, 1));
    await indexFolder(places.workspace, places.folder, places.registry, other, { layout });
    expect(kept()).toHaveLength(1);
    using index = openIndex(places.folder, { registry: places.registry }, "space-one");
    expect(verifyIndex(index, places.workspace).ok).toBe(true);
  });
});

test("documents are spread over segments of a bounded size, in the order of their paths", () => {
  const digest = `sha256:${"0".repeat(64)}` as const;
  const outline = fc.array(fc.nat(30)).map((sizes) =>
    sizes.map((chunks, place) => ({
      path: String(place).padStart(4, "0"),
      digest,
      chunks,
    })),
  );
  fc.assert(
    fc.property(outline, (documents) => {
      const { kept, written } = planAll(documents, layout);
      expect(kept).toEqual([]);
      const chunksOf = (name: string): number => documents[Number(name)]?.chunks ?? 0;
      for (const paths of written) {
        const size = paths.reduce((sum, name) => sum + chunksOf(name), 0);
        expect(size <= layout.largest || paths.length === 1).toBe(true);
      }
      expect(written.flat()).toEqual(
        documents.filter(({ chunks }) => chunks > 0).map((document) => document.path),
      );
    }),
  );
});
