import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { indexFolder } from "./index-folder.ts";
import type { IndexReport } from "./index-run.ts";
import type { Places, StandInModel } from "./stand-in-model.cases.ts";
import { standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

// Later than any change that a test makes, so that files have hints.
const later = (): number => Date.now() + 3_600_000;

function run({ workspace, folder, registry }: Places, model: StandInModel): Promise<IndexReport> {
  return indexFolder(workspace, folder, registry, model, { now: later });
}

/** The root that the same files give when nothing was there before. */
async function freshRoot({ base, workspace, registry }: Places): Promise<string> {
  const folder = path.join(base, "fresh");
  rmSync(folder, { recursive: true, force: true });
  return (await indexFolder(workspace, folder, registry, standInModel())).snapshotRoot;
}

function writeNotes(places: Places): void {
  places.write("notes/tea.md", "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
  places.write("notes/deep/milk.md", "Milk is heated to sixty degrees.\n");
  places.write("notes/readme.md", "Without a heading.\n");
  places.write("stay.md", "# Stay\n\nIt stays.\n");
}

describe("a file that lies elsewhere", () => {
  test("with its folder is neither read nor embedded, and is indexed as if it were new", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    renameSync(path.join(places.workspace, "notes"), path.join(places.workspace, "papers"));
    const model = standInModel();
    const report = await run(places, model);
    // `notes/readme` is a title made of the folder's name: that one is another text now.
    expect(report).toMatchObject({ changed: 3, moved: 2, removed: 3, unchanged: 1, embedded: 1 });
    expect(model.embedded).toEqual([expect.stringContaining("papers/readme")]);
    expect(report.snapshotRoot).toBe(await freshRoot(places));
    expect(await run(places, standInModel())).toMatchObject({ published: false, unchanged: 4 });
  });

  test("alone is read once and not embedded", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    const at = (name: string): string => path.join(places.workspace, name);
    mkdirSync(at("other"));
    renameSync(at("notes/tea.md"), at("other/tea.md"));
    renameSync(at("stay.md"), at("stayed.md"));
    const report = await run(places, standInModel());
    // Another name may be another kind of file, so that one is cut again; its text has its vector.
    expect(report).toMatchObject({ changed: 2, moved: 1, removed: 2, embedded: 0 });
    expect(report.snapshotRoot).toBe(await freshRoot(places));
  });

  test("is no move while it still is where it was", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    const at = (name: string): string => path.join(places.workspace, name);
    mkdirSync(at("copy"));
    copyFileSync(at("notes/tea.md"), at("copy/tea.md"));
    const report = await run(places, standInModel());
    expect(report).toMatchObject({ changed: 1, moved: 0, removed: 0, embedded: 0, documents: 5 });
    expect(report.snapshotRoot).toBe(await freshRoot(places));
  });

  test("and two of the same content make one move each, in any order", async () => {
    using places = temporaryPlaces();
    places.write("a/same.md", "# Same\n\nThe same text.\n");
    places.write("b/same.md", "# Same\n\nThe same text.\n");
    await run(places, standInModel());
    const at = (name: string): string => path.join(places.workspace, name);
    renameSync(at("a"), at("z"));
    renameSync(at("b"), at("a"));
    writeFileSync(at("a/new.md"), "# New\n\nNew text.\n");
    const report = await run(places, standInModel());
    expect(report).toMatchObject({ documents: 3, embedded: 1 });
    expect(report.snapshotRoot).toBe(await freshRoot(places));
  });

  test("in a run that was ended is found by the next one", async () => {
    using places = temporaryPlaces();
    writeNotes(places);
    await run(places, standInModel());
    renameSync(path.join(places.workspace, "notes"), path.join(places.workspace, "papers"));
    const { workspace, folder, registry } = places;
    const faults = (step: string): void => {
      if (step === "segment:write") {
        throw new Error("killed");
      }
    };
    const ended = indexFolder(workspace, folder, registry, standInModel(), { now: later, faults });
    await expect(ended).rejects.toThrow("killed");
    const report = await run(places, standInModel());
    expect(report.embedded).toBe(0);
    expect(report.snapshotRoot).toBe(await freshRoot(places));
  });
});
