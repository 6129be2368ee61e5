import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import type { RowResult } from "../rows/row.ts";
import { summarise } from "../statistics/summary.ts";
import { readKeptRuns, renderKept } from "./kept-runs.ts";
import type { RunFacts } from "./markdown.ts";

const facts: RunFacts = {
  mode: "quick",
  date: "2026-11-21",
  machine: "a machine",
  versions: {},
  seed: 1,
  commit: "abc",
  minutes: 1,
  highestLoad: 1,
};

function rowOf(id: string, ratio: number): RowResult {
  return {
    id,
    title: id,
    method: "",
    measured: [],
    comparisons: [
      { what: `what of ${id}`, against: "a peer", ratio: summarise([ratio]), must: 4, aim: 6 },
    ],
    charts: [],
    missing: [],
    sessions: [],
    raw: [],
  };
}

test("the table has each row once, from its newest run, losing rows and missing rows too", () => {
  const runs = mkdtempSync(path.join(tmpdir(), "clawkeep-runs-"));
  try {
    const folder = path.join(runs, "2026-11-21-cpu");
    mkdirSync(folder);
    const write = (name: string, value: unknown): void =>
      writeFileSync(path.join(folder, name), JSON.stringify(value));
    const curve = { ...rowOf("curve", 1), title: "A curve", comparisons: [] };
    write("quick.json", { facts, rows: [rowOf("open", 7), rowOf("build", 5), curve] });
    write("quick-open.json", {
      facts: { ...facts, finished: "2026-11-21T20:00:00.000Z" },
      rows: [rowOf("open", 3)],
    });
    write("tiny.json", { facts: { ...facts, mode: "tiny" }, rows: [rowOf("growth", 9)] });
    write("overhead.json", { ratio: 1.8, measured: [] });
    const lines = renderKept(readKeptRuns(runs), ["open", "build", "curve", "growth"], "runs/");
    expect(lines).toEqual([
      "Measured on a machine.",
      "",
      "| what | against | ratio | must | aim | verdict | run |",
      "| --- | --- | ---: | ---: | ---: | --- | --- |",
      "| what of open | a peer | 3.00 × | ≥ 4 | ≥ 6 | **missed** | [2026-11-21, quick](runs/2026-11-21-cpu/quick-open.md) |",
      "| what of build | a peer | 5.00 × | ≥ 4 | ≥ 6 | must | [2026-11-21, quick](runs/2026-11-21-cpu/quick.md) |",
      "| A curve |  | – |  |  | no bound | [2026-11-21, quick](runs/2026-11-21-cpu/quick.md) |",
      "| growth |  | – |  |  | not measured |  |",
    ]);
  } finally {
    rmSync(runs, { recursive: true });
  }
});
