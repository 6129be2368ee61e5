import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { verifyIndex } from "../citation/verify-index.ts";
import { indexFolder } from "../ingest/index-folder.ts";
import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import { indexStatus } from "../status/index-status.ts";
import type { ForgetOptions, ForgetReport } from "./forget-paths.ts";
import { forgetPaths } from "./forget-paths.ts";

const canary = "quetzalcanary";

function forget(
  { folder, registry }: Places,
  patterns: readonly string[],
  options?: ForgetOptions,
): Promise<ForgetReport> {
  return forgetPaths(folder, registry, standInModel(), patterns, options);
}

async function index({ workspace, folder, registry }: Places): Promise<string> {
  return (await indexFolder(workspace, folder, registry, standInModel())).snapshotRoot;
}

/** Files of the index folder and the registry that hold a text, in UTF-8 or UTF-16, in any case. */
function filesWith({ folder, registry }: Places, text: string): readonly string[] {
  const files = [folder, registry].flatMap((place) =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name)),
  );
  return files.filter((file) => {
    const bytes = readFileSync(file);
    return [
      bytes.toString("latin1"),
      bytes.toString("utf16le"),
      bytes.subarray(1).toString("utf16le"),
    ].some((view) => view.toLowerCase().includes(text));
  });
}

async function ask({ folder, registry }: Places, query: string): Promise<readonly string[]> {
  using opened = openIndex(folder, { registry }, "space-one");
  expect(verifyIndex(opened, undefined)).toMatchObject({ ok: true });
  const { results } = await answerQuery(opened, embedQuery, query);
  return results.filter(({ text }) => text.includes(query)).map(({ citation }) => citation.path);
}

function writeNotes(places: Places): void {
  places.write("keep.md", "# Keep\n\nThe pelican stays.\n");
  const text = Array.from({ length: 400 }, (_, at) => `Sentence ${at} of ${canary}.`).join(" ");
  places.write("secret/plan.md", `# Plan ${canary}\n\n${text}\n`);
  places.write("secret/more.md", `# More\n\nAlso ${canary}.\n`);
}

describe("forgetting", () => {
  test("leaves no byte of the text, and lets it stay out until that is undone", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const first = await index(places);
    expect(filesWith(places, canary).length).toBeGreaterThan(1);
    const report = await forget(places, ["secret/"]);
    expect(report).toMatchObject({
      forgotten: ["secret/more.md", "secret/plan.md"],
      list: ["secret"],
    });
    expect(report.snapshotRoot).not.toBe(first);
    expect(filesWith(places, canary)).toEqual([]);
    expect(readdirSync(path.join(places.folder, "segments"))).toHaveLength(1);
    expect(await ask(places, "pelican")).toEqual(["keep.md"]);
    // The file is still there, changed even, and stays out.
    places.write("secret/plan.md", `# Plan\n\nAnother ${canary}.\n`);
    expect(await index(places)).toBe(report.snapshotRoot);
    expect(filesWith(places, canary)).toEqual([]);
    const { folder, registry } = places;
    expect(indexStatus(folder, { registry }).forgotten).toEqual(["secret"]);
    const undone = await forget(places, ["secret"], { undo: true });
    expect(undone).toMatchObject({ forgotten: [], list: [] });
    await index(places);
    expect([...(await ask(places, canary))].sort()).toEqual(["secret/more.md", "secret/plan.md"]);
  });

  test("needs no workspace, and can be told by a glob", async () => {
    using places = temporaryPlaces();
    const apart = { ...places, folder: path.join(places.base, "index") };
    writeNotes(apart);
    await index(apart);
    renameSync(places.workspace, `${places.workspace}-away`);
    const { forgotten } = await forget(apart, ["**/pl*.md", "nothing-here.md"]);
    expect(forgotten).toEqual(["secret/plan.md"]);
    expect(await ask(apart, "pelican")).toEqual(["keep.md"]);
    expect(await ask(apart, canary)).toEqual(["secret/more.md"]);
  });

  test("takes the text out of every segment of a large index", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    const layout = { wholeBelow: 1, smallest: 1, largest: 2 };
    const { workspace, folder, registry } = places;
    await indexFolder(workspace, folder, registry, standInModel(), { layout });
    expect(readdirSync(path.join(folder, "segments")).length).toBeGreaterThan(1);
    await forget(places, ["secret/more.md"], { layout });
    expect(new Set(await ask(places, canary))).toEqual(new Set(["secret/plan.md"]));
    await forget(places, ["secret"], { layout });
    expect(filesWith(places, canary)).toEqual([]);
    expect(await ask(places, "pelican")).toEqual(["keep.md"]);
  });

  test("everything that is in it leaves an index that holds nothing", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await index(places);
    await forget(places, ["*"]);
    expect(filesWith(places, canary)).toEqual([]);
    expect(filesWith(places, "pelican")).toEqual([]);
    expect(await ask(places, "pelican")).toEqual([]);
  });

  test(
    "that is ended at any step is finished by the next indexing run",
    { timeout: 60_000 },
    async () => {
      const steps: string[] = [];
      for (let step = 0; step === 0 || step <= steps.length; step += 1) {
        // Each kind of step once: replacing a file is the same for every file.
        if (step > 0 && steps.indexOf(steps[step - 1] ?? "") < step - 1) {
          continue;
        }
        using places = temporaryPlaces();
        writeNotes(places);
        await index(places);
        let at = 0;
        const faults = (name: string): void => {
          at += 1;
          if (step === 0) {
            steps.push(name);
          } else if (at === step) {
            throw new Error("killed");
          }
        };
        const run = forget(places, ["secret"], { faults });
        await (step === 0 ? run : expect(run).rejects.toThrow("killed"));
        expect(await ask(places, "pelican")).toEqual(["keep.md"]);
        const listed = indexStatus(places.folder, { registry: places.registry }).forgotten;
        await index(places);
        // Before the first step that was committed, nothing was promised.
        expect([step, filesWith(places, canary).length > 0]).toEqual([step, listed.length === 0]);
      }
      expect(steps).toContain("catalog:purge");
      expect(steps.length).toBeGreaterThan(8);
    },
  );

  test("is refused where no index was made here, and for a pattern that is none", async () => {
    using places = temporaryPlaces();
    await expect(forget(places, ["a.md"])).rejects.toMatchObject({ code: "INDEX_MISSING" });
    writeNotes(places);
    await index(places);
    await expect(forget(places, ["../x"])).rejects.toMatchObject({ code: "FORGET_PATTERN" });
    rmSync(places.registry, { recursive: true });
    await expect(forget(places, ["secret"])).rejects.toMatchObject({ code: "INDEX_MISSING" });
    expect(existsSync(path.join(places.folder, "catalog.sqlite"))).toBe(true);
    expect(filesWith({ ...places, registry: places.folder }, canary).length).toBeGreaterThan(1);
  });
});

describe("a file that is deleted or changed", () => {
  test("leaves no byte of its text after the next indexing run", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    for (let file = 0; file < 40; file += 1) {
      places.write(`n/${file}.md`, `# N${file}\n\n${`Word${file} and more. `.repeat(file * 8)}\n`);
    }
    await index(places);
    rmSync(path.join(places.workspace, "secret/plan.md"));
    writeFileSync(path.join(places.workspace, "secret/more.md"), "# More\n\nNothing of it.\n");
    await index(places);
    expect(filesWith(places, canary)).toEqual([]);
  });
});
