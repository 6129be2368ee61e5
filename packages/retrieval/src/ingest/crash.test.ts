import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll, describe, expect, test } from "vitest";

import { verifyIndex } from "../citation/verify-index.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import { indexFolder } from "./index-folder.ts";
import type { IndexProgress } from "./index-progress.ts";
import type { Places } from "./stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

const child = path.join(import.meta.dirname, "crash-child.cases.ts");
const scratch = mkdtempSync(path.join(tmpdir(), "clawkeep-crash-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the child until its n-th step; gives the signal, or its steps when it came to its end. */
async function runChild(
  places: Places,
  step: number,
  ...more: readonly string[]
): Promise<string | readonly string[]> {
  const { workspace, folder, registry } = places;
  const running = spawn(
    process.execPath,
    ["--conditions=source", child, workspace, folder, registry, String(step), ...more],
    {
      stdio: ["ignore", "pipe", "inherit"],
      // Only a matter of speed: the child's modules are compiled once.
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(scratch, "compiled") },
    },
  );
  let output = "";
  running.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    running.on("error", reject);
    running.on("close", (code, signal) => {
      resolve(code === 0 ? (JSON.parse(output) as string[]) : (signal ?? `exit code ${code}`));
    });
  });
}

/** With modes and times, which `fs.cp` does not keep for folders. */
function copyFolder(from: string, to: string): void {
  expect(spawnSync("cp", ["-a", from, to]).status).toBe(0);
}

/** Steps worth a kill: of equal calls in a row, such as the writes of one file, the first and last. */
function worthKilling(steps: readonly string[]): readonly number[] {
  return steps
    .map((_, index) => index)
    .filter((index) => {
      const name = steps[index];
      return name !== steps[index - 1] || name !== steps[index + 1];
    })
    .map((index) => index + 1);
}

/** A published index whose workspace has changed since, and what the next run makes of it. */
async function prepare(places: Places, kept: string): Promise<{ first: string }> {
  const { base, workspace, folder, registry, write } = places;
  write("tea.md", "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
  write("coffee.md", "# Coffee\n\nEspresso needs nine bar of pressure.\n");
  const { snapshotRoot } = await indexFolder(workspace, folder, registry, standInModel());
  write("tea.md", "# Tea\n\nBlack tea takes boiling water.\n");
  write("milk.md", "# Milk\n\nMilk is heated to sixty degrees.\n");
  copyFolder(base, kept);
  return { first: snapshotRoot };
}

describe("an indexing run that is killed", () => {
  test("at any write leaves the old snapshot answering, and the next run completes", async () => {
    using probe = temporaryPlaces();
    const { first } = await prepare(probe, path.join(scratch, "probe"));
    const steps = await runChild(probe, 0);
    if (typeof steps === "string") {
      throw new Error(steps);
    }
    expect(new Set(steps)).toContain("catalog:manifest");
    using done = openIndex(probe.folder, { registry: probe.registry }, "space-one");
    const next = done.snapshot.snapshotRoot;
    const points = worthKilling(steps);
    expect(points.length).toBeGreaterThan(25);
    const roots = new Map<number, string>();
    const lane = async (number: number): Promise<void> => {
      using places = temporaryPlaces();
      const kept = path.join(scratch, `lane-${number}`);
      await prepare(places, kept);
      for (const step of points.filter((_, index) => index % 2 === number)) {
        rmSync(places.base, { recursive: true });
        copyFolder(kept, places.base);
        expect(await runChild(places, step)).toBe("SIGKILL");
        roots.set(step, await checkAfterKill(places, next));
      }
    };
    await Promise.all([lane(0), lane(1)]);
    const order = points.map((step) => roots.get(step));
    const published = order.indexOf(next);
    expect(new Set(order.slice(0, published))).toEqual(new Set([first]));
    expect(new Set(order.slice(published))).toEqual(new Set([next]));
    const before = points[published];
    expect(steps[(before ?? 0) - 2]).toBe("rename");
  });

  test("while it publishes keywords first leaves nothing, or an index that answers", async () => {
    using places = temporaryPlaces();
    const { base, workspace, folder, registry, write } = places;
    write("tea.md", "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
    write("coffee.md", "# Coffee\n\nEspresso needs nine bar of pressure.\n");
    const kept = path.join(scratch, "keywords");
    copyFolder(base, kept);
    const steps = await runChild(places, 0, "1");
    if (typeof steps === "string") {
      throw new Error(steps);
    }
    const next = openRoot(places);
    const middle = steps.indexOf("catalog:keywords");
    expect(middle).toBeGreaterThan(0);
    // Around the first publication; the second one is that of the test above.
    const points = worthKilling(steps).filter((step) => Math.abs(step - middle) < 6);
    expect(points.length).toBeGreaterThan(6);
    const states = new Set<string>();
    for (const step of points) {
      rmSync(base, { recursive: true });
      copyFolder(kept, base);
      expect(await runChild(places, step, "1")).toBe("SIGKILL");
      states.add(await stateAfterKill(places));
      const report = await indexFolder(workspace, folder, registry, standInModel());
      expect(report.snapshotRoot).toBe(next);
      expect(readdirSync(path.join(folder, "segments"))).toHaveLength(1);
      expect(readdirSync(folder).filter((name) => /tmp$|^vectors/u.test(name))).toEqual([]);
    }
    expect(states).toEqual(new Set(["nothing", "building"]));
  });

  test("while it writes a segment beside others leaves the old ones or the new ones", async () => {
    using places = temporaryPlaces();
    const { base, workspace, folder, registry, write } = places;
    const layout = { wholeBelow: 0, smallest: 1, largest: 100 };
    for (const name of "abcdefgh") {
      write(`${name}.md`, `# ${name}\n\nEspresso ${name} needs nine bar of pressure.\n`);
    }
    await indexFolder(workspace, folder, registry, standInModel(), { layout });
    const first = openRoot(places);
    write("coffee.md", "# Coffee\n\nEspresso needs ten bar of pressure.\n");
    rmSync(path.join(workspace, "a.md"));
    const kept = path.join(scratch, "beside");
    copyFolder(base, kept);
    const more = ["512", JSON.stringify(layout)];
    const steps = await runChild(places, 0, ...more);
    if (typeof steps === "string") {
      throw new Error(steps);
    }
    const next = openRoot(places);
    expect(readdirSync(path.join(folder, "segments"))).toHaveLength(2);
    const writing = steps.indexOf("segment:write");
    // Every other step is killed above; these are the ones after which something else is true.
    const turns = new Set(["segment:written", "rename", "catalog:manifest", "catalog:committed"]);
    const points = worthKilling(steps).filter(
      (step) => step > writing && turns.has(steps[step - 1] ?? ""),
    );
    expect(points.length).toBeGreaterThan(4);
    const roots = new Set<string>();
    for (const step of points) {
      rmSync(base, { recursive: true });
      copyFolder(kept, base);
      expect(await runChild(places, step, ...more)).toBe("SIGKILL");
      using index = openIndex(folder, { registry }, "space-one");
      expect(verifyIndex(index, undefined)).toMatchObject({ ok: true });
      roots.add(index.snapshot.snapshotRoot);
      const report = await indexFolder(workspace, folder, registry, standInModel(), { layout });
      expect(report.snapshotRoot).toBe(next);
      expect(readdirSync(path.join(folder, "segments"))).toHaveLength(2);
    }
    expect(roots).toEqual(new Set([first, next]));
  }, 180_000);

  test("embeds nothing again that was kept, wherever it was killed", async () => {
    using places = temporaryPlaces();
    for (let file = 0; file < 300; file += 1) {
      places.write(`${file}.md`, `# File ${file}\n\nWord${file} stands here.\n`);
    }
    const kept = path.join(scratch, "unindexed");
    copyFolder(places.base, kept);
    const steps = await runChild(places, 0);
    if (typeof steps === "string") {
      throw new Error(steps);
    }
    const commits = steps.flatMap((name, step) => (name === "catalog:vectors" ? [step] : []));
    expect(commits.length).toBeGreaterThan(2);
    for (const step of commits.slice(-3)) {
      rmSync(places.base, { recursive: true });
      copyFolder(kept, places.base);
      expect(await runChild(places, step + 1)).toBe("SIGKILL");
      const { workspace, folder, registry } = places;
      const committed = vectorsIn(folder);
      const model = standInModel();
      const report = await indexFolder(workspace, folder, registry, model);
      expect(report).toMatchObject({ documents: 300, embedded: 300 - committed });
      expect(new Set(model.embedded).size).toBe(300 - committed);
      expect(model.embedded).toHaveLength(300 - committed);
    }
  });

  test("by Ctrl-C keeps every text that it began with", async () => {
    using places = temporaryPlaces();
    for (let file = 0; file < 300; file += 1) {
      places.write(`${file}.md`, `# File ${file}\n\nWord${file} stands here.\n`);
    }
    const { workspace, folder, registry } = places;
    const embedded: string[] = [];
    for (const stop of [1, 2, 3]) {
      const model = standInModel();
      const abort = new AbortController();
      let [embedding, paces] = [false, 0];
      const onProgress = ({ stage }: IndexProgress): void => {
        embedding = stage === "embed";
      };
      const pace = (): Promise<void> => {
        paces += embedding ? 1 : 0;
        if (paces === stop) {
          abort.abort(new Error("interrupted"));
        }
        return Promise.resolve();
      };
      const options = { pace, onProgress, signal: abort.signal };
      const run = indexFolder(workspace, folder, registry, model, options);
      await expect(run).rejects.toThrow("interrupted");
      embedded.push(...model.embedded);
      expect(vectorsIn(folder)).toBe(embedded.length);
      expect(readdirSync(path.join(folder, "segments"))).toEqual([]);
    }
    expect(embedded).toHaveLength(192);
    const model = standInModel();
    const report = await indexFolder(workspace, folder, registry, model);
    expect(report).toMatchObject({ documents: 300, embedded: 108 });
    expect(new Set([...embedded, ...model.embedded]).size).toBe(300);
  });

  test("again and again leaves no vectors of texts that are no more", async () => {
    using places = temporaryPlaces();
    const { workspace, folder, registry } = places;
    for (let round = 0; round < 5; round += 1) {
      for (let file = 0; file < 100; file += 1) {
        places.write(`${file}.md`, `# File ${file}\n\nWord${file} of round${round}.\n`);
      }
      const faults = (name: string): void => {
        if (name === "segment:write") {
          throw new Error("disk full");
        }
      };
      const run = indexFolder(workspace, folder, registry, standInModel(), { faults });
      await expect(run).rejects.toThrow("disk full");
      expect(vectorsIn(folder)).toBe(100);
    }
  });
});

function openRoot({ folder, registry }: Places): string {
  using index = openIndex(folder, { registry }, "space-one");
  return index.snapshot.snapshotRoot;
}

/** What a reader finds: nothing published yet, or keywords that answer. */
async function stateAfterKill({ folder, registry }: Places): Promise<string> {
  if (!existsSync(path.join(folder, "snapshot.json"))) {
    return "nothing";
  }
  using index = openIndex(folder, { registry }, "space-one");
  expect(verifyIndex(index, undefined)).toMatchObject({ ok: true });
  const answer = await answerQuery(index, embedQuery, "espresso pressure");
  expect(answer.results[0]?.citation.path).toBe("coffee.md");
  return answer.vectors?.split(" ")[0] ?? "whole";
}

function vectorsIn(folder: string): number {
  const database = new DatabaseSync(path.join(folder, "catalog.sqlite"), { readOnly: false });
  try {
    return Number(database.prepare("SELECT count(*) AS n FROM vectors").get()?.["n"]);
  } finally {
    database.close();
  }
}

/** The published snapshot is whole and answers; the next run gives `next` and leaves no rubbish. */
async function checkAfterKill(places: Places, next: string): Promise<string> {
  const { workspace, folder, registry } = places;
  using index = openIndex(folder, { registry }, "space-one");
  expect(verifyIndex(index, undefined)).toMatchObject({ ok: true });
  const answer = await answerQuery(index, embedQuery, "espresso pressure");
  expect(answer.results[0]?.citation.path).toBe("coffee.md");
  const report = await indexFolder(workspace, folder, registry, standInModel());
  expect(report.snapshotRoot).toBe(next);
  expect(readdirSync(path.join(folder, "segments"))).toHaveLength(1);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  return index.snapshot.snapshotRoot;
}
