import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { cp, mkdir, rename, symlink } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";

import { lockFile } from "@clawkeep/durable-files";
import { describe, expect, test } from "vitest";

import type { Answer } from "../query/answer.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import { indexFolder } from "./index-folder.ts";
import type { IndexOptions, IndexReport } from "./index-run.ts";
import type { Places, StandInModel } from "./stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

// Later than any change that a test makes, so that files have hints.
const later = (): number => Date.now() + 3_600_000;

function run(
  places: Places,
  model: StandInModel,
  options: IndexOptions = {},
): Promise<IndexReport> {
  return indexFolder(places.workspace, places.folder, places.registry, model, {
    now: later,
    ...options,
  });
}

async function ask(places: Places, query: string, topK = 10): Promise<Answer> {
  using index = openIndex(places.folder, { registry: places.registry }, "space-one");
  return await answerQuery(index, embedQuery, query, { topK });
}

function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith("writer.lock"),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
      return [path.relative(folder, file), `${statSync(file).mtimeMs} ${digest}`];
    }),
  );
}

function writeNotes(places: Places): void {
  places.write("tea.md", "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
  places.write("coffee.md", "# Coffee\n\nEspresso needs nine bar of pressure.\n");
  places.write("sub/water.txt", "Water boils at one hundred degrees.\n");
}

describe("indexing a workspace", () => {
  test("publishes what is in it, with citations that name exact bytes", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const report = await run(places, standInModel());
    expect(report).toMatchObject({
      published: true,
      sequence: 1,
      documents: 3,
      chunks: 3,
      changed: 3,
      embedded: 3,
      findings: [],
    });
    const answer = await ask(places, "espresso pressure");
    const [hit] = answer.results;
    expect(hit?.citation.path).toBe("coffee.md");
    const bytes = readFileSync(path.join(places.workspace, "coffee.md"));
    const { byteStart, byteEnd, chunkDigest } = hit?.citation ?? { byteStart: 0, byteEnd: 0 };
    const cited = bytes.subarray(byteStart, byteEnd);
    expect(`sha256:${createHash("sha256").update(cited).digest("hex")}`).toBe(chunkDigest);
    expect(answer.snapshotRoot).toBe(report.snapshotRoot);
  });

  test("embeds nothing, opens no model and writes nothing when nothing changed", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const first = await run(places, standInModel());
    const before = filesOf(places.folder);
    const model = standInModel();
    const second = await run(places, model);
    expect(second).toMatchObject({ published: false, changed: 0, unchanged: 3, embedded: 0 });
    expect(second.snapshotRoot).toBe(first.snapshotRoot);
    expect(model.opened()).toBe(0);
    expect(filesOf(places.folder)).toEqual(before);
  });

  test("embeds only what changed and forgets what is gone, in the index and in the catalog", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    const canary = "zanzibarcanary";
    places.write("tea.md", `# Tea\n\nBlack tea takes boiling water ${canary}.\n`);
    const model = standInModel();
    expect(await run(places, model)).toMatchObject({ changed: 1, unchanged: 2, embedded: 1 });
    expect(model.embedded).toHaveLength(1);
    expect((await ask(places, canary)).results[0]?.citation.path).toBe("tea.md");
    rmSync(path.join(places.workspace, "tea.md"));
    expect(await run(places, standInModel())).toMatchObject({ removed: 1, embedded: 0, chunks: 2 });
    const paths = (await ask(places, canary)).results.map((hit) => hit.citation.path);
    expect(paths).not.toContain("tea.md");
    for (const file of Object.keys(filesOf(places.folder))) {
      expect(readFileSync(path.join(places.folder, file)).includes(canary)).toBe(false);
    }
    expect(readdirSync(path.join(places.folder, "segments"))).toHaveLength(1);
  });

  test("gives the same root for the same files, whatever came before and wherever they lie", async () => {
    using one = temporaryPlaces();
    using two = temporaryPlaces();
    one.write("extra.md", "# Extra\n\nThis will go away.\n");
    await run(one, standInModel());
    rmSync(path.join(one.workspace, "extra.md"));
    writeNotes(one);
    writeNotes(two);
    const [first, second] = [await run(one, standInModel()), await run(two, standInModel())];
    expect(first.snapshotRoot).toBe(second.snapshotRoot);
    expect(first.indexId).not.toBe(second.indexId);
  });

  test("reads a file again when only its times changed, and embeds nothing", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    writeNotes(places);
    const model = standInModel();
    expect(await run(places, model)).toMatchObject({ published: false, unchanged: 3 });
    expect(model.opened()).toBe(0);
  });

  test("trusts no time that is as young as the clock's step", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel(), { now: () => 0 });
    const before = statSync(path.join(places.workspace, "tea.md"));
    places.write("tea.md", "# Tea\n\nGreen tea is brewed at ninety  degrees\n");
    expect(statSync(path.join(places.workspace, "tea.md")).size).toBe(before.size);
    expect(await run(places, standInModel())).toMatchObject({ changed: 1 });
  });

  test("indexes the listed files only", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    expect(await run(places, standInModel(), { list: ["tea.md"] })).toMatchObject({ documents: 1 });
  });

  test("does not index its own index, wherever it lies", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const folder = path.join(places.workspace, "visible-index");
    const model = standInModel();
    await indexFolder(places.workspace, folder, places.registry, model, { now: later });
    const again = await indexFolder(places.workspace, folder, places.registry, model, {
      now: later,
    });
    expect(again).toMatchObject({ documents: 3, published: false });
  });

  test("of an empty folder publishes an empty index that answers with no match", async () => {
    using places = temporaryPlaces();
    const model = standInModel();
    expect(await run(places, model)).toMatchObject({ documents: 0, chunks: 0, published: true });
    expect(model.opened()).toBe(0);
    const answer = await ask(places, "anything");
    expect(answer).toMatchObject({ results: [], reason: "no-match" });
  });

  test("embeds everything anew for another model, and refuses queries of the old one", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    places.write("tea.md", "# Tea\n\nOther words.\n");
    rmSync(path.join(places.workspace, "coffee.md"));
    const other = standInModel("space-two");
    expect(await run(places, other)).toMatchObject({ embedded: 2, documents: 2 });
    await expect(ask(places, "tea")).rejects.toMatchObject({ code: "INDEX_MODEL" });
    expect(await run(places, other)).toMatchObject({ published: false, unchanged: 2 });
  });

  test("embeds a text once that stands in many files", async () => {
    using places = temporaryPlaces();
    for (const name of ["a", "b", "c"]) {
      places.write(`${name}/same.md`, "# Same\n\nThe very same words.\n");
    }
    const model = standInModel();
    expect(await run(places, model)).toMatchObject({ documents: 3, embedded: 1 });
    expect((await ask(places, "very same words")).results).toHaveLength(1);
  });

  test("reports progress stage by stage", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const stages: string[] = [];
    await run(places, standInModel(), { onProgress: ({ stage }) => stages.push(stage) });
    expect([...new Set(stages)]).toEqual(["scan", "embed", "write", "publish"]);
  });

  test("never shows a query half an update", async () => {
    using places = temporaryPlaces();
    const state = (round: number): void => {
      places.write("one.md", `# One\n\nRound number${round} of the lighthouse.\n`);
      places.write("two.md", `# Two\n\nRound number${round} of the harbour.\n`);
    };
    state(0);
    await run(places, standInModel());
    const done = new AbortController();
    let asked = 0;
    const questions = (async (): Promise<void> => {
      while (!done.signal.aborted) {
        const { results } = await ask(places, "lighthouse harbour round");
        const rounds = results.map((hit) => /number\d+/u.exec(hit.text)?.[0]);
        expect([rounds.length, new Set(rounds).size]).toEqual([2, 1]);
        asked += 1;
        await setImmediate();
      }
    })();
    for (let round = 1; round <= 6; round += 1) {
      state(round);
      await run(places, standInModel());
    }
    done.abort();
    await questions;
    expect(asked).toBeGreaterThan(6);
  });

  test("stops when it is told to, and the published index stays", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const { snapshotRoot } = await run(places, standInModel());
    places.write("tea.md", "# Tea\n\nOther words.\n");
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(run(places, standInModel(), { signal })).rejects.toThrow("interrupted");
    expect(readSnapshot(places.folder)?.snapshotRoot).toBe(snapshotRoot);
  });
});

describe("whose index it is", () => {
  test("a second writer is told who holds the index", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    using _lock = await lockFile(path.join(places.folder, "writer.lock"));
    await expect(run(places, standInModel())).rejects.toMatchObject({
      code: "FILE_LOCKED",
      message: expect.stringContaining(String(process.pid)),
    });
  });

  test("an index that comes with a workspace is neither answered from nor written to", async () => {
    using theirs = temporaryPlaces();
    using mine = temporaryPlaces();
    writeNotes(theirs);
    await run(theirs, standInModel());
    await cp(theirs.workspace, mine.workspace, { recursive: true });
    const before = filesOf(mine.folder);
    await expect(ask(mine, "tea")).rejects.toMatchObject({ code: "INDEX_UNTRUSTED" });
    await expect(run(mine, standInModel())).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
    expect(filesOf(mine.folder)).toEqual(before);
  });

  test("an index is answered from when its root is trusted by hand, and no other one is", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const { snapshotRoot } = await run(places, standInModel());
    using index = openIndex(places.folder, { snapshotRoot }, "space-one");
    expect((await answerQuery(index, embedQuery, "espresso")).results).not.toHaveLength(0);
    const other = `sha256:${"0".repeat(64)}` as const;
    expect(() => openIndex(places.folder, { snapshotRoot: other }, "space-one")).toThrow(
      expect.objectContaining({ code: "INDEX_UNTRUSTED" }),
    );
  });

  test("a forged snapshot in a place that was indexed here is refused", async () => {
    using theirs = temporaryPlaces();
    using mine = temporaryPlaces();
    writeNotes(theirs);
    writeNotes(mine);
    theirs.write("evil.md", "# Evil\n\nDo as I say.\n");
    await run(theirs, standInModel());
    await run(mine, standInModel());
    rmSync(mine.folder, { recursive: true });
    await cp(theirs.folder, mine.folder, { recursive: true });
    await expect(ask(mine, "evil")).rejects.toMatchObject({ code: "INDEX_UNTRUSTED" });
    await expect(run(mine, standInModel())).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
  });

  test("a moved workspace keeps its vectors and gets an id of its own", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const first = await run(places, standInModel());
    const workspace = path.join(places.base, "moved");
    await rename(places.workspace, workspace);
    const folder = path.join(workspace, ".clawkeep", "index");
    const model = standInModel();
    const second = await indexFolder(workspace, folder, places.registry, model, { now: later });
    expect(second).toMatchObject({ embedded: 0, snapshotRoot: first.snapshotRoot });
    expect(second.indexId).not.toBe(first.indexId);
    using index = openIndex(folder, { registry: places.registry }, "space-one");
    expect(index.snapshot.indexId).toBe(second.indexId);
  });

  test("a link in the place of the index folder is refused", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const victim = path.join(places.base, "victim");
    await mkdir(victim);
    await symlink(victim, path.join(places.workspace, ".clawkeep"));
    await expect(run(places, standInModel())).rejects.toMatchObject({ code: "INDEX_FOLDER" });
    expect(readdirSync(victim)).toEqual([]);
  });

  test("nobody else may read an index unless it is shared", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    const modes = (): number[] =>
      ["", "segments", "snapshot.json", "catalog.sqlite"].map(
        (name) => statSync(path.join(places.folder, name)).mode & 0o777,
      );
    expect(modes()).toEqual([0o700, 0o700, 0o600, 0o600]);
    places.write("tea.md", "# Tea\n\nOther words.\n");
    await run(places, standInModel(), { shared: true });
    expect(modes()).toEqual([0o755, 0o755, 0o644, 0o600]);
    const [segment] = readdirSync(path.join(places.folder, "segments"));
    const file = path.join(places.folder, "segments", segment ?? "");
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(existsSync(places.registry)).toBe(true);
  });
});
