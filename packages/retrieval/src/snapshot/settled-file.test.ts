import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { settledFile } from "./settled-file.ts";

let base: string;
let file: string;
const later = (): number => Date.now() + 10_000;

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-settled-"));
  file = path.join(base, "snapshot.json");
  writeFileSync(file, "one");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test("a file that was changed a moment ago is told by its bytes alone", () => {
  expect(settledFile(file)).toBeUndefined();
  expect(settledFile(file, later())).toMatch(/^\d+:\d+:3:\d+:\d+$/u);
});

test("a file that stays is the same, another of the same size and time is not", () => {
  const first = settledFile(file, later());
  expect(settledFile(file, later())).toBe(first);
  const other = path.join(base, "other");
  writeFileSync(other, "two");
  utimesSync(file, 1, 1);
  utimesSync(other, 1, 1);
  renameSync(other, file);
  expect(settledFile(file, later())).not.toBe(first);
});

test("one that was written to in place, with its time put back, is not the same", () => {
  utimesSync(file, 1, 1);
  const first = settledFile(file, later());
  writeFileSync(file, "two");
  utimesSync(file, 1, 1);
  // The inode's own time moves with every change, once its clock has ticked.
  const deadline = Date.now() + 20_000;
  while (settledFile(file, later()) === first && Date.now() < deadline) {
    utimesSync(file, 1, 1);
  }
  expect(settledFile(file, later())).not.toBe(first);
});

test("none, and one that cannot be looked at, have nothing to tell", () => {
  expect(settledFile(path.join(base, "none"), later())).toBeUndefined();
  expect(settledFile(path.join(file, "below"), later())).toBeUndefined();
});
