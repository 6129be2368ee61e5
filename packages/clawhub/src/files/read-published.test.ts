import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { comparePaths, registryFingerprint } from "./fingerprint.ts";
import { limits } from "./limits.ts";
import { readPublished } from "./read-published.ts";

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly published: readonly string[];
    readonly fingerprint: string;
  }[];
}

const golden = JSON.parse(
  readFileSync(
    join(import.meta.dirname, "../../../../fixtures/golden/clawhub/published-files.json"),
    "utf8",
  ),
) as Golden;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-published-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const codes = async (folder: string): Promise<readonly string[]> =>
  (await readPublished(folder)).findings.map(({ code }) => code);

describe("the files that are published", () => {
  test.each(golden.cases)("are those of the registry's CLI: $name", async (one) => {
    const { files, findings } = await readPublished(folderOf(one.files));
    expect(findings).toEqual([]);
    expect(files.map(({ path }) => path).toSorted()).toEqual([...one.published].toSorted());
    expect(registryFingerprint(files)).toBe(one.fingerprint);
  });

  test("say what was left out, and why", async () => {
    const folder = folderOf({
      "SKILL.md": "a",
      ".env": "x",
      "a.log": "x",
      ".gitignore": "*.log",
      "skill-card.md": "x",
    });
    symlinkSync("/etc/passwd", join(folder, "hosts.md"));
    mkdirSync(join(folder, "node_modules"));
    expect((await readPublished(folder)).leftOut).toEqual([
      { path: ".env", why: "hidden" },
      { path: ".gitignore", why: "hidden" },
      { path: "a.log", why: "ignored" },
      { path: "hosts.md", why: "link" },
      { path: "node_modules", why: "node_modules" },
      { path: "skill-card.md", why: "card" },
    ]);
  });

  test("read nothing through a linked ignore file or a linked folder", async () => {
    const folder = folderOf({ "SKILL.md": "a", "b.md": "b" });
    const rules = folderOf({ rules: "*.md\n" });
    symlinkSync(join(rules, "rules"), join(folder, ".gitignore"));
    expect((await readPublished(folder)).files.map(({ path }) => path)).toEqual([
      "SKILL.md",
      "b.md",
    ]);
    symlinkSync(folder, join(rules, "linked"));
    expect(await codes(join(rules, "linked"))).toEqual(["PACK_FOLDER"]);
  });

  test.each([
    [
      "a file above the limit",
      { "SKILL.md": "a", "big.bin": limits.fileBytes + 1 },
      ["PACK_FILE_LARGE"],
    ],
    [
      "files above the limit together",
      Object.fromEntries([
        ["SKILL.md", 1],
        ...["a", "b", "c", "d", "e", "f"].map((n) => [n, limits.fileBytes]),
      ]),
      ["PACK_TOO_LARGE"],
    ],
    ["no SKILL.md", { "notes.md": 3 }, ["PACK_NO_SKILL"]],
    ["a plugin", { "SKILL.md": 1, ".claude-plugin/plugin.json": 2 }, ["PACK_PLUGIN"]],
    ["a name with a backslash", { "SKILL.md": 1, "a\\b": 2 }, ["PACK_NAME"]],
    ["names without an order", { "SKILL.md": 1, "ab.md": 1, "a\u00adb.md": 1 }, ["PACK_NAME"]],
  ])("refuse %s", async (_, files, expected) => {
    const folder = folderOf(Object.fromEntries(Object.keys(files).map((path) => [path, ""])));
    for (const [path, size] of Object.entries(files))
      truncateSync(join(folder, path), Number(size) || 1);
    expect(await codes(folder)).toEqual(expected);
    rmSync(folder, { recursive: true });
  });

  test("refuse a package.json that names openclaw, and take another", async () => {
    expect(await codes(folderOf({ "SKILL.md": "a", "package.json": '{"openclaw":{}}' }))).toEqual([
      "PACK_PLUGIN",
    ]);
    expect(await codes(folderOf({ "SKILL.md": "a", "package.json": '{"name":"x"}' }))).toEqual([]);
  });
});

describe("the fingerprint", () => {
  test("does not depend on the order in which files are given", () => {
    const file = fc.record({
      path: fc.string({ unit: "grapheme", minLength: 1 }),
      text: fc.string(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(file, { comparator: (a, b) => comparePaths(a.path, b.path) === 0 }),
        fc.infiniteStream(fc.nat()),
        (files, random) => {
          const hashed = files.map(({ path, text }) => ({ path, digest: digestBytes(text) }));
          const shuffled = hashed
            .map((value) => ({ value, key: random.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ value }) => value);
          expect(registryFingerprint(shuffled)).toBe(registryFingerprint(hashed));
        },
      ),
    );
  });
});
