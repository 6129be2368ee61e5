import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { readSmallFile } from "./read-small-file.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "clawkeep-small-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("reads what is in a file, and nothing where there is none", () => {
  writeFileSync(join(folder, "file"), "text");
  expect(readSmallFile(join(folder, "file"))?.toString()).toBe("text");
  expect(readSmallFile(join(folder, "none"))).toBeUndefined();
});

test("does not wait for the writer of a pipe", () => {
  execFileSync("mkfifo", [join(folder, "pipe")]);
  expect(() => readSmallFile(join(folder, "pipe"))).toThrow(
    expect.objectContaining({ code: "FILE_NOT_REGULAR" }),
  );
  expect(() => readSmallFile(folder)).toThrow(
    expect.objectContaining({ code: "FILE_NOT_REGULAR" }),
  );
});

test("refuses a file that is too large to be read while others wait", () => {
  writeFileSync(join(folder, "file"), "");
  truncateSync(join(folder, "file"), 17 * 1024 * 1024);
  expect(() => readSmallFile(join(folder, "file"))).toThrow(
    expect.objectContaining({ code: "FILE_TOO_LARGE" }),
  );
});
