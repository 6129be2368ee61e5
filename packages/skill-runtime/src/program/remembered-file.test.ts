import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { afterEach, beforeEach, expect, test } from "vitest";

import { RememberedFiles } from "./remembered-file.ts";

let folder = "";
let parsed = 0;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-remembered-"));
  parsed = 0;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function counting(settledMs?: number): RememberedFiles<string> {
  return new RememberedFiles((bytes) => {
    parsed += 1;
    return bytes.toString();
  }, settledMs);
}

test("parses a settled file once, and again when it is written, replaced or gone", async () => {
  const files = counting(0);
  const file = path.join(folder, "file");
  writeFileSync(file, "one");
  await pause(20);
  expect([files.read(file), files.read(file), parsed]).toEqual(["one", "one", 1]);
  writeFileSync(file, "two");
  expect(files.read(file)).toBe("two");
  writeFileSync(path.join(folder, "new"), "six");
  renameSync(path.join(folder, "new"), file);
  expect(files.read(file)).toBe("six");
  rmSync(file);
  expect(files.read(file)).toBeUndefined();
});

test("reads again each time what changed a moment ago", () => {
  const files = counting();
  const file = path.join(folder, "file");
  writeFileSync(file, "one");
  expect([files.read(file), files.read(file), parsed]).toEqual(["one", "one", 2]);
});

test("remembers nothing of a link, whose target may change behind it", async () => {
  const files = counting(0);
  writeFileSync(path.join(folder, "target"), "one");
  symlinkSync("target", path.join(folder, "link"));
  await pause(20);
  files.read(path.join(folder, "link"));
  writeFileSync(path.join(folder, "target"), "two");
  expect(files.read(path.join(folder, "link"))).toBe("two");
});
