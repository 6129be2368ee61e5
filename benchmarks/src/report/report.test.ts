import fc from "fast-check";
import { expect, test } from "vitest";

import type { RowResult } from "../rows/row.ts";
import { summarise } from "../statistics/summary.ts";
import type { Chart } from "./chart.ts";
import type { RunFacts } from "./markdown.ts";
import { renderReport, table, verdict } from "./markdown.ts";
import { svgChart } from "./svg-chart.ts";

const facts: RunFacts = {
  mode: "quick",
  date: "2026-11-21",
  machine: "A processor, 2 cores",
  versions: { node: "24.21.0", torch: "2.15.0" },
  seed: 7,
  commit: "abc1234",
  minutes: 9,
  highestLoad: 2.04,
};

const row: RowResult = {
  id: "one",
  title: "A row",
  method: "How.",
  measured: [
    { contender: "ours", cells: { rate: "10" } },
    { contender: "theirs", cells: { rate: "20", more: "a|b" } },
  ],
  comparisons: [
    { what: "rate", against: "theirs", ratio: summarise([0.5, 0.4, 0.6]), must: 2, aim: 3 },
    {
      what: "memory",
      against: "theirs",
      ratio: summarise([0.15]),
      must: 0.2,
      aim: 0.1,
      atMost: true,
    },
    { what: "gone", against: "absent", ratio: undefined, must: 2, note: "not installed" },
    { what: "nDCG", against: "fp32", ratio: summarise([0.0012]), must: -0.003, difference: true },
  ],
  charts: [],
  missing: [{ contender: "absent", why: "\n  cannot be built\nmore" }],
  sessions: ["one", "two"],
  raw: {},
};

test("every comparison is in the table, losing ones and missing ones too", () => {
  const text = renderReport([row], facts);
  expect(text).toContain("| rate | theirs | 0.500 (0.400–0.600) × | ≥ 2 | ≥ 3 | **missed** |  |");
  expect(text).toContain("| memory | theirs | 0.150 | ≤ 0.2 | ≤ 0.1 | must |  |");
  expect(text).toContain("| gone | absent | – | ≥ 2 |  | no figure | not installed |");
  expect(text).toContain("| nDCG | fp32 | +0.0012 | ≥ -0.003 |  | must |  |");
});

test("a row shows what each contender reached, who is missing and why, and that it was gone on with", () => {
  const text = renderReport([row], facts);
  expect(text).toContain("|  | rate | more |");
  expect(text).toContain("| ours | 10 | – |");
  expect(text).toContain("| theirs | 20 | a\\|b |");
  expect(text).toContain("- absent is missing:   cannot be built");
  expect(text).toContain("stopped and gone on with");
});

test("machine, versions, seed, commit and load stand in the report", () => {
  const text = renderReport([], facts);
  for (const part of ["A processor, 2 cores", "torch", "seed 7", "abc1234", "highest load 2.0"]) {
    expect(text).toContain(part);
  }
  expect(renderReport([], { ...facts, mode: "tiny" })).toContain("the figures mean nothing");
});

test("a verdict is about the median, in the direction of the bound", () => {
  const ratio = summarise([2.5]);
  const base = { what: "", against: "", ratio };
  expect(verdict({ ...base, must: 2, aim: 2.5 })).toBe("aim");
  expect(verdict({ ...base, must: 2, aim: 3 })).toBe("must");
  expect(verdict({ ...base, must: 3 })).toBe("missed");
  expect(verdict({ ...base, must: 2, atMost: true })).toBe("missed");
  expect(verdict(base)).toBe("no bound");
});

test("every row of a table has the cells of its header", () => {
  const cell = fc.string().map((text) => text.replaceAll("\\", ""));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
      const lines = table(["a", "b"], rows, [1]);
      expect(lines).toHaveLength(rows.length + 2);
      for (const line of lines) {
        expect(line.replaceAll("\\|", "").split("|")).toHaveLength(4);
        expect(line).not.toContain("\n");
      }
    }),
  );
});

const chart = (points: readonly (readonly [number, number])[], scale: "linear" | "log"): Chart => ({
  kind: "lines",
  name: "c",
  title: "a < b & c",
  x: { label: "x", scale },
  y: { label: "y", scale },
  series: [{ name: "ours", ours: true, points }],
});

test("every point of a chart lies inside of its frame, whatever the values", () => {
  const value = fc.double({ noNaN: true, min: 1e-3, max: 1e7 });
  const points = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(points, fc.constantFrom("linear" as const, "log" as const), (given, scale) => {
      const svg = svgChart(chart(given, scale));
      const circles = [...svg.matchAll(/<circle cx="([\d.-]+)" cy="([\d.-]+)"/gu)];
      expect(circles).toHaveLength(given.length);
      for (const [, x, y] of circles) {
        expect(Number(x)).toBeGreaterThanOrEqual(78);
        expect(Number(x)).toBeLessThanOrEqual(520);
        expect(Number(y)).toBeGreaterThanOrEqual(40);
        expect(Number(y)).toBeLessThanOrEqual(364);
      }
      expect(svg).not.toContain("NaN");
    }),
  );
});

test("text in a chart is escaped, and a chart without points is still a document", () => {
  expect(svgChart(chart([[1, 1]], "linear"))).toContain("a &#60; b &#38; c");
  expect(svgChart(chart([], "log"))).toMatch(/<svg [\s\S]*<\/svg>\n$/u);
});

test("bars start at zero and none is longer than the largest", () => {
  const svg = svgChart({
    kind: "bars",
    name: "b",
    title: "t",
    unit: "u",
    bars: [
      { name: "ours", ours: true, value: 10 },
      { name: "theirs", ours: false, value: 5 },
      { name: "none", ours: false, value: 0 },
    ],
  });
  const widths = [...svg.matchAll(/<rect x="300" y="[\d.]+" width="([\d.]+)"/gu)].map(([, one]) =>
    Number(one),
  );
  expect(widths).toEqual([330, 165, 0]);
});
