import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { findAddon } from "./find-addon.ts";

const machine = `${process.platform}-${process.arch}`;

test("an addon that is not there is not found, and the reason says so", () => {
  expect(findAddon(["/nowhere"])).toEqual({ why: expect.stringContaining(machine) });
});

test("a file that is no addon is left alone, and the reason names it", () => {
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-addon-"));
  mkdirSync(join(folder, machine));
  const file = join(folder, machine, "clawkeep-engine.node");
  writeFileSync(file, "no library");
  expect(findAddon([folder])).toEqual({ why: expect.stringContaining(file) });
});
