import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { formatTimes, readTimes, timesFile } from "./file-times.ts";
import { readPublished } from "./read-published.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { snapshotFile } from "./snapshot.ts";
import { describeVectors, formatVectorsState, vectorsFile } from "./vectors-state.ts";

const root = digestBytes("root");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-published-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file of an index folder", () => {
  test("is read, or is not there", () => {
    const file = path.join(folder, "a");
    expect(readPublished(file, 10)).toBeUndefined();
    expect(readPublished(path.join(file, "b"), 10)).toBeUndefined();
    writeFileSync(file, "text");
    expect(readPublished(file, 10)).toBe("text");
    expect(() => readPublished(file, 3)).toThrow("at most 3 bytes");
  });

  test("hangs nobody when something else stands in its place", () => {
    for (const name of [snapshotFile, timesFile, vectorsFile]) {
      execFileSync("mkfifo", [path.join(folder, name)]);
    }
    expect(() => readSnapshot(folder)).toThrow(expect.objectContaining({ code: "SNAPSHOT_READ" }));
    expect(() => readTimes(folder)).toThrow(expect.objectContaining({ code: "INDEX_TIMES" }));
    expect(describeVectors(folder, root)).toBe("building");
    rmSync(path.join(folder, timesFile));
    mkdirSync(path.join(folder, timesFile));
    expect(() => readTimes(folder)).toThrow(expect.objectContaining({ code: "INDEX_TIMES" }));
  });
});

describe("the times of files", () => {
  test("read back what was written, and nothing else", () => {
    const times = new Map([["a \u202e.md", { digest: root, mtimeMs: 1_700_000_000_123 }]]);
    const file = path.join(folder, timesFile);
    expect(readTimes(folder)).toEqual(new Map());
    writeFileSync(file, formatTimes(times));
    expect(readTimes(folder)).toEqual(times);
    for (const text of [
      "",
      "null",
      "[]",
      '{"format":2,"times":[]}',
      '{"format":1,"times":[[1]]}',
    ]) {
      writeFileSync(file, text);
      expect(() => readTimes(folder)).toThrow(expect.objectContaining({ code: "INDEX_TIMES" }));
    }
  });
});

describe("the news of vectors", () => {
  test("are a share of this snapshot, or only that they are being made", () => {
    const file = path.join(folder, vectorsFile);
    const news = (done: number, total: number, of = root): string => {
      writeFileSync(file, formatVectorsState({ snapshotRoot: of, done, total }));
      return describeVectors(folder, root);
    };
    expect(news(42, 100)).toBe("building 42%");
    expect(news(999, 1000)).toBe("building 99%");
    expect(news(5, 0)).toBe("building");
    expect(news(7, 5)).toBe("building");
    expect(news(1, 2, digestBytes("another"))).toBe("building");
    writeFileSync(file, "{");
    expect(describeVectors(folder, root)).toBe("building");
  });
});
