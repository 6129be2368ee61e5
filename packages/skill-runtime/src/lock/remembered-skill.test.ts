import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { makeWorkspace } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { rememberedSkill } from "./remembered-skill.ts";

let place: TestWorkspace;
beforeAll(async () => {
  place = await makeWorkspace("plain");
});
afterAll(() => place.remove());

/** Reads as if the clock of the file system had gone on since the last change. */
const read = (): ReturnType<typeof rememberedSkill> =>
  rememberedSkill(place.skillFolder, Number.NEGATIVE_INFINITY);

test("a skill that nobody touched is read once", async () => {
  expect(await read()).toBe(await read());
});

test("every change of a file or a folder is seen", async () => {
  const at = (name: string): string => path.join(place.skillFolder, name);
  const program = readFileSync(at("run.sh"), "latin1");
  const past = new Date(1_000_000_000_000);
  const changes: readonly (() => void)[] = [
    () => mkdirSync(at("empty")),
    () => writeFileSync(at("empty/added"), "x"),
    () => rmSync(at("empty/added")),
    () => writeFileSync(at("run.sh"), program.replace("program", "PROGRAM")),
    // With the old size and an old time: nobody can set the change time.
    () => {
      writeFileSync(at("run.sh"), program);
      utimesSync(at("run.sh"), past, past);
    },
    () => {
      writeFileSync(at("other"), program);
      renameSync(at("other"), at("run.sh"));
    },
  ];
  for (const change of changes) {
    const before = await read();
    expect(await read()).toBe(before);
    change();
    expect(await read()).not.toBe(before);
  }
});

test("what has just changed is not remembered", async () => {
  writeFileSync(path.join(place.skillFolder, "late"), "x");
  expect(await rememberedSkill(place.skillFolder)).not.toBe(
    await rememberedSkill(place.skillFolder),
  );
});
