import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { observations, observeRow } from "../real/observe-row.ts";
import type { Evidence } from "./results.ts";
import { readRows } from "./row-list.ts";
import { tagsIn } from "./row-tags.ts";
import { rowsTable, stateOf } from "./table.ts";

const list = readRows();
const shown = (id: string, how: "ran" | "judged", passed = true): Evidence => ({
  id,
  how,
  passed,
  where: "packages/x",
  title: "one",
});

test("the list has 120 rows of five sources", () => {
  const of = (letter: string): number => list.rows.filter(({ id }) => id.startsWith(letter)).length;
  expect(["C", "G", "L", "T", "S"].map(of)).toEqual([29, 27, 26, 22, 16]);
});

test("the table in docs is made from this list", () => {
  const root = path.dirname(path.dirname(import.meta.dirname));
  const page = readFileSync(path.join(root, "docs", "rows.md"), "utf8");
  expect(page).toContain(`<!-- rows: ${list.digest} -->`);
  for (const { id, what } of list.rows) expect(page).toContain(`| ${id} | ${what} |`);
});

test.each([
  ["G3, T10: the port is on loopback", ["G3", "T10"]],
  ["C13 G14 T14: a token", ["C13", "G14", "T14"]],
  ["T22: applying", ["T22"]],
  ["L20, 1.5: a Dockerfile", ["L20"]],
  ["a port [G17]", ["G17"]],
  ["packets [ran G5, T13]", ["G5", "T13"]],
  ["an end [and more]", []],
  ["G3 without a colon", []],
  ["a word: G3", []],
  ["threat 10: G1", []],
])("in %j are the rows %j", (title, ids) => {
  expect(tagsIn(title).map(({ id }) => id)).toEqual(ids);
});

describe("a row", () => {
  const row = { id: "G5", classes: ["R", "P", "D"], what: "x" } as const;

  test("is proved by what ran, and what only a daemon shows is left", () => {
    expect(stateOf(row, [shown("G5", "ran")])).toEqual({
      state: "proved by running",
      left: ["a Docker daemon"],
    });
  });

  test("is judged when nothing of it ran", () => {
    expect(stateOf(row, [shown("G5", "judged"), shown("G1", "ran")])).toEqual({
      state: "rendered and judged",
      left: ["running", "a Docker daemon"],
    });
  });

  test("is open without a test, and with one that did not pass", () => {
    expect(stateOf(row, [shown("G5", "ran", false)]).state).toBe("open");
    expect(stateOf({ ...row, classes: ["D", "N"] }, []).state).toBe("needs hardware");
  });
});

test("a row that no list has is an error, and one with a failed test is open whatever else passed", () => {
  expect(() => rowsTable(list, [shown("G99", "ran")])).toThrow("no such row: G99");
  const row = list.rows.find(({ id }) => id === "G1");
  expect(row && stateOf(row, [shown("G1", "ran"), shown("G1", "judged", false)])).toEqual({
    state: "open",
    left: ["a test of packages/x failed"],
  });
});

test("a stage's observations are kept once each, and what ran counts for more", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-rows-"));
  const { environment, read } = observations(path.join(folder, "rows"));
  expect(read()).toEqual({});
  const before = { ...process.env };
  Object.assign(process.env, environment);
  observeRow("S11", "ran");
  observeRow("S11", "judged");
  observeRow("G6", "judged");
  process.env = before;
  observeRow("G7", "ran");
  expect(read()).toEqual({ G6: "judged", S11: "ran" });
  rmSync(folder, { recursive: true });
});
