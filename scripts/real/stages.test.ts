import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { dueStages, inputDigest, keepPass, readStages, withinBudget } from "./stages.ts";

const repository = path.dirname(path.dirname(import.meta.dirname));
let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "clawkeep-stages-"));
  execFileSync("git", ["init", "-q", root]);
  mkdirSync(path.join(root, "ci"));
  mkdirSync(path.join(root, "src"));
  writeFileSync(path.join(root, "src/a.ts"), "1");
  const stage = { about: "x", script: "s.ts", inputs: ["src"], minutes: 1 };
  writeFileSync(path.join(root, "ci/stages.json"), JSON.stringify({ one: stage }));
  writeFileSync(path.join(root, "ci/passed.json"), "{}");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a heavy stage", () => {
  test("is due until it has passed with these inputs", () => {
    expect(dueStages(root)).toEqual(["one"]);
    keepPass(root, "one", { inputs: inputDigest(root, ["src"]), date: "2026-01-01" });
    expect(dueStages(root)).toEqual([]);
  });

  test("is due again when an input changes, appears or goes", () => {
    const pass = { inputs: inputDigest(root, ["src"]), date: "2026-01-01" };
    keepPass(root, "one", pass);
    writeFileSync(path.join(root, "src/a.ts"), "2");
    expect(dueStages(root)).toEqual(["one"]);
    writeFileSync(path.join(root, "src/a.ts"), "1");
    expect(dueStages(root)).toEqual([]);
    writeFileSync(path.join(root, "src/b.ts"), "");
    expect(dueStages(root)).toEqual(["one"]);
    rmSync(path.join(root, "src/b.ts"));
    rmSync(path.join(root, "src/a.ts"));
    expect(dueStages(root)).toEqual(["one"]);
  });

  test("is not due because of a test or a page", () => {
    keepPass(root, "one", { inputs: inputDigest(root, ["src"]), date: "2026-01-01" });
    writeFileSync(path.join(root, "src/a.test.ts"), "");
    writeFileSync(path.join(root, "src/README.md"), "");
    expect(dueStages(root)).toEqual([]);
  });
});

test("a stage that runs by name only is never due", () => {
  const stage = { about: "x", script: "s.ts", inputs: ["src"], minutes: 1, byNameOnly: true };
  writeFileSync(path.join(root, "ci/stages.json"), JSON.stringify({ canary: stage }));
  expect(dueStages(root)).toEqual([]);
});

test("every declared stage names a script and inputs that exist", () => {
  for (const stage of Object.values(readStages(repository))) {
    for (const file of [stage.script, ...stage.inputs]) {
      expect(existsSync(path.join(repository, file)), file).toBe(true);
    }
  }
});

test("a budget takes the shortest stages, in their order, and names the others", () => {
  const stages = { long: { minutes: 40 }, one: { minutes: 20 }, two: { minutes: 10 } };
  const all = ["long", "one", "two"];
  expect(withinBudget(all, stages, 30)).toEqual({ names: ["one", "two"], left: ["long"] });
  expect(withinBudget(all, stages, 5)).toEqual({ names: [], left: all });
  expect(withinBudget(all, stages, Number.POSITIVE_INFINITY)).toEqual({ names: all, left: [] });
});
