import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { layOutCorpus, readCorpusList } from "./corpus.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

test("the fixed list has at most 150 documents, and all of them are installed", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-corpus-"));
  try {
    const list = readCorpusList();
    expect(list.length).toBeGreaterThan(50);
    expect(list.length).toBeLessThanOrEqual(150);
    expect(layOutCorpus(root, folder)).toBe(list.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("laying out again removes what is no longer listed and keeps the index", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-corpus-"));
  try {
    mkdirSync(path.join(folder, ".clawkeep", "index"), { recursive: true });
    writeFileSync(path.join(folder, ".clawkeep", "index", "snapshot.json"), "{}");
    writeFileSync(path.join(folder, "stale.md"), "# old\n");
    layOutCorpus(root, folder);
    expect(existsSync(path.join(folder, "stale.md"))).toBe(false);
    expect(existsSync(path.join(folder, ".clawkeep", "index", "snapshot.json"))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
