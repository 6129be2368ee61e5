import type { ChunkRow } from "@clawkeep/segment";
import { expect, test } from "vitest";

import { KeptRows } from "./kept-rows.ts";

const rowOf = (name: string): ChunkRow => ({
  document: 0,
  ordinal: 0,
  path: name,
  documentTitle: "",
  documentDigest: `sha256:${"0".repeat(64)}`,
  title: "",
  headings: [],
  byteStart: 0,
  byteEnd: 0,
  lineStart: 1,
  lineEnd: 1,
  digest: `sha256:${"0".repeat(64)}`,
  text: () => name,
});

test("a row is read once while it is asked for, and again when others took its place", () => {
  const rows = new KeptRows();
  const read: string[] = [];
  const ask = (segment: number, chunk: number): string =>
    rows.row({ segment, chunk }, () => {
      const name = `${segment}/${chunk}`;
      read.push(name);
      return rowOf(name);
    }).path;
  expect([ask(0, 7), ask(1, 7), ask(0, 7)]).toEqual(["0/7", "1/7", "0/7"]);
  expect(read).toEqual(["0/7", "1/7"]);
  // 0/7 stays, because it is asked for all the while; 1/7 goes.
  for (let chunk = 100; chunk < 700; chunk += 1) {
    ask(0, chunk);
    ask(0, 7);
  }
  ask(1, 7);
  expect(read.filter((name) => name === "0/7")).toHaveLength(1);
  expect(read.filter((name) => name === "1/7")).toHaveLength(2);
});

test("a row that cannot be read is not kept", () => {
  const rows = new KeptRows();
  const fails = (): ChunkRow => {
    throw new Error("damaged");
  };
  expect(() => rows.row({ segment: 0, chunk: 1 }, fails)).toThrow("damaged");
  expect(rows.row({ segment: 0, chunk: 1 }, () => rowOf("whole")).path).toBe("whole");
});
