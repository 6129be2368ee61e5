import { expect, test } from "vitest";

import { controls, controlsTable, lineOf } from "./controls.ts";
import { readRows } from "./row-list.ts";

test.each(controls.map((one) => [one.about, one] as const))(
  "C3: %s has a line in what is rendered, and rows that are known",
  (_about, control) => {
    const held = lineOf(control);
    expect(held.number).toBeGreaterThan(0);
    expect(held.text).not.toBe("");
    const known = readRows().rows.map(({ id }) => id);
    expect(control.rows.filter((id) => !known.includes(id))).toEqual([]);
  },
);

test("C3: a control whose line is gone is an error, with file and profile", () => {
  const [first] = controls;
  if (first === undefined) throw new Error("no control");
  expect(() => lineOf({ ...first, line: /this is nowhere/u })).toThrow(/EXPOSED.md of cage/u);
});

test("C3: the table names a test that passed, what ran before what was judged, and says where none did", () => {
  const shown = { passed: true, where: "packages/x", title: "one" } as const;
  const page = controlsTable([
    { ...shown, id: "G1", how: "judged", title: "rendered" },
    { ...shown, id: "G5", how: "ran", title: "packets | no way" },
    { ...shown, id: "T2", how: "ran", passed: false },
  ]);
  expect(page).toContain("| packages/x: packets \\| no way and 1 more |");
  expect(page.split("\n").find((line) => line.startsWith("| limits |"))).toMatch(
    /none passed \|$/u,
  );
});
