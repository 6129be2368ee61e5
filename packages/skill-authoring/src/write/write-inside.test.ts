import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { writeInside } from "./write-inside.ts";

const place = (): string => mkdtempSync(join(tmpdir(), "clawkeep-write-"));

describe("writing inside a skill folder", () => {
  test("replaces a file, keeps its mode and leaves nothing else behind", async () => {
    const folder = place();
    writeFileSync(join(folder, "SKILL.md"), "old");
    chmodSync(join(folder, "SKILL.md"), 0o640);
    await writeInside(folder, "SKILL.md", "new");
    expect(readFileSync(join(folder, "SKILL.md"), "utf8")).toBe("new");
    expect(statSync(join(folder, "SKILL.md")).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["SKILL.md"]);
  });

  test("leaves ~/.bashrc alone when SKILL.md links to it", async () => {
    const folder = place();
    const bashrc = join(place(), ".bashrc");
    writeFileSync(bashrc, "mine");
    symlinkSync(bashrc, join(folder, "SKILL.md"));
    await expect(writeInside(folder, "SKILL.md", "new")).rejects.toThrow("got a link");
    expect(readFileSync(bashrc, "utf8")).toBe("mine");
  });

  test("leaves a file with a second name alone", async () => {
    const folder = place();
    writeFileSync(join(folder, "a"), "mine");
    linkSync(join(folder, "a"), join(folder, "SKILL.md"));
    await expect(writeInside(folder, "SKILL.md", "new")).rejects.toThrow("second name");
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("mine");
  });

  test("writes through no linked folder", async () => {
    const real = place();
    const linked = join(place(), "skill");
    symlinkSync(real, linked);
    await expect(writeInside(linked, "SKILL.md", "new")).rejects.toThrow("not a link");
    expect(readdirSync(real)).toEqual([]);
  });

  test("replaces no folder", async () => {
    const folder = place();
    mkdirSync(join(folder, "SKILL.md"));
    await expect(writeInside(folder, "SKILL.md", "new")).rejects.toThrow("got none");
  });
});
