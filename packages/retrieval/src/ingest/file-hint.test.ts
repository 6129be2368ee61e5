import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { fileHint } from "./file-hint.ts";

let folder: string;
let file: string;
const later = (): number => Date.now() + 3_600_000;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-hint-"));
  file = path.join(folder, "page.md");
  writeFileSync(file, "one");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file's hint", () => {
  test("is the same while nobody writes", () => {
    expect(fileHint(file, later())).toBe(fileHint(file, later()));
    expect(fileHint(file, later())).not.toBeNull();
  });

  test("differs after a write of the same length whose times were set back", () => {
    const before = fileHint(file, later());
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const old = fileHint(file, later());
    writeFileSync(file, "two");
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    expect(fileHint(file, later())).not.toBe(before);
    expect(fileHint(file, later())).not.toBe(old);
  });

  test("is none while a further write could leave the times as they are", () => {
    expect(fileHint(file, Date.now())).toBeNull();
  });

  test("is none when the clock went back", () => {
    utimesSync(file, 4_000_000_000, 4_000_000_000);
    expect(fileHint(file, later())).toBeNull();
  });

  test("is none for what is no file of its own", () => {
    const link = path.join(folder, "link.md");
    symlinkSync(file, link);
    expect(fileHint(link, later())).toBeNull();
    expect(fileHint(folder, later())).toBeNull();
    expect(fileHint(path.join(folder, "absent"), later())).toBeNull();
  });
});
