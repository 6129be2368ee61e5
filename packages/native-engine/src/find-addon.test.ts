import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test, vi } from "vitest";

import { findAddon, loadAddon, nativeAddon } from "./find-addon.ts";

const machine = `${process.platform}-${process.arch}`;
const temporary = mkdtempSync(path.join(tmpdir(), "clawkeep-addon-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** A folder with this file in the addon's place. */
function folderWith(name: string, write: (file: string) => void): [string, string] {
  const folder = path.join(temporary, name);
  const file = path.join(folder, machine, "clawkeep-engine.node");
  mkdirSync(path.dirname(file), { recursive: true });
  write(file);
  return [folder, file];
}

test("an addon that is not there is not found, and the reason says so", () => {
  expect(findAddon(["/nowhere"])).toEqual({ why: expect.stringContaining(machine) });
});

test("a file that is no addon is left alone, and the reason names it", () => {
  const [folder, file] = folderWith("text", (place) => writeFileSync(place, "no library"));
  expect(findAddon([folder])).toEqual({ why: expect.stringContaining(file) });
  expect(() => loadAddon(file)).toThrow(file);
});

const built = nativeAddon();

test("the addon of this machine has both parts, or the reason says what is missing", () => {
  if ("why" in built) {
    expect(built.why).toContain("cargo");
    return;
  }
  expect(path.dirname(built.file).endsWith(path.join("native-engine", "native", machine))).toBe(
    true,
  );
  expect(built.addon.kernels().split(",")).toContain("scalar");
  expect(built.addon.encoderKernels().split(",")).toContain("scalar");
  expect(loadAddon(built.file).revision()).toBe(built.addon.revision());
});

test("is looked for and loaded once", () => {
  expect(nativeAddon()).toBe(built);
});

test("the first folder that has one decides, even when that one is of no use", () => {
  if ("why" in built) return;
  const [bad, file] = folderWith("bad", (place) => writeFileSync(place, ""));
  const [good] = folderWith("good", (place) => copyFileSync(built.file, place));
  expect(findAddon([bad, good])).toEqual({ why: expect.stringContaining(file) });
  expect(findAddon(["/nowhere", good])).toHaveProperty("addon");
});

test("an addon of another version is left alone", () => {
  if ("why" in built) return;
  const [folder, file] = folderWith("other", (place) => copyFileSync(built.file, place));
  vi.spyOn(process, "dlopen").mockImplementation((module) => {
    (module as { exports: unknown }).exports = { ...built.addon, encoderRevision: () => 0 };
  });
  const why = `the native engine ${file} belongs to another version; build it again`;
  expect(findAddon([folder])).toEqual({ why });
  vi.restoreAllMocks();
});
