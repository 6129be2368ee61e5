import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { bubblewrapPaths, findBubblewrap, whatItsFileTells } from "./find-bubblewrap.ts";

let folder = "";
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-find-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("an absent program is named with the places that were looked at", () => {
  expect(findBubblewrap(["/nonexistent/bwrap"])).toEqual({
    why: "bubblewrap is not installed (looked for /nonexistent/bwrap)",
  });
});

test("a program that others than root can change, or that lies where they can, is not trusted", () => {
  const program = path.join(folder, "bwrap");
  writeFileSync(program, "#!/bin/sh\n");
  chmodSync(program, 0o777);
  const link = path.join(folder, "link");
  symlinkSync(program, link);
  for (const candidate of [program, link]) {
    expect(findBubblewrap([candidate])).toEqual({ why: expect.stringContaining("is not trusted") });
  }
  chmodSync(program, 0o755);
  // The folder of temporary files is everybody's.
  expect(findBubblewrap([program])).toEqual({ why: expect.stringContaining("is not trusted") });
});

test("only absolute places are looked at", () => {
  expect(bubblewrapPaths.filter((place) => !path.isAbsolute(place))).toEqual([]);
});

test("its own texts tell what need not be tried, and a wrapper tells nothing", () => {
  const tell = (text: string): ReturnType<typeof whatItsFileTells> => {
    const file = path.join(folder, "texts");
    writeFileSync(file, text);
    return whatItsFileTells(file);
  };
  expect(tell("\0bubblewrap 0.8.0\0--ro-bind-data\0--ro-bind-fd\0")).toEqual({
    version: "0.8.0",
    bindsByDescriptor: true,
  });
  expect(tell("\0bubblewrap 0.4.1\0--ro-bind-data\0").bindsByDescriptor).toBe(false);
  expect(tell("#!/bin/sh\nexec /real/bwrap\n")).toEqual({
    version: undefined,
    bindsByDescriptor: true,
  });
});
