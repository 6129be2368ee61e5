import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { temporaryFolder } from "../test/sample.ts";
import { openSegment } from "./open-segment.ts";
import type { SectionData } from "./section-data.ts";
import { writeSegment } from "./write-segment.ts";

const section = fc.record({
  id: fc.integer({ min: 1, max: 0x7ffe }),
  bytes: fc.uint8Array({ maxLength: 300 }),
});
const sections = fc.uniqueArray(section, { maxLength: 6, selector: (one) => one.id });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}

describe("a written segment", () => {
  test("gives back every section, and verifies", async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(sections, async (list) => {
        const path = join(folder, "a.seg");
        const written = await writeSegment(
          path,
          list.map(({ id, bytes }) => ({ id, stride: 1, bytes })),
        );
        using segment = openSegment(path, { digest: written.digest });
        for (const { id, bytes } of list) {
          expect(Buffer.from(segment.section(id)).equals(bytes)).toBe(true);
          expect((segment.entry(id)?.offset ?? 1) % 64).toBe(0);
        }
        expect(segment.verify()).toEqual([]);
        expect(written.byteLength).toBe(readFileSync(path).length);
      }),
      { numRuns: 40 },
    );
  });

  test("has the same bytes for any order of sections and any cut of their bytes", async () => {
    const folder = temporaryFolder();
    const bytes = Uint8Array.from({ length: 50_000 }, (_, index) => index * 7);
    const one: SectionData = { id: 5, stride: 1, bytes };
    const two: SectionData = { id: 9, stride: 2, bytes: bytes.subarray(0, 4000) };
    const cut = function* (step: number): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += step) {
        yield bytes.subarray(at, at + step);
      }
    };
    await writeSegment(join(folder, "whole.seg"), [one, two]);
    const expected = readFileSync(join(folder, "whole.seg"));
    for (const step of [1000, 8192, 8191, 30_000]) {
      await writeSegment(join(folder, "cut.seg"), [two, { ...one, bytes: cut(step) }]);
      expect(readFileSync(join(folder, "cut.seg")).equals(expected)).toBe(true);
    }
  });

  test("can be named by its digest", async () => {
    const folder = temporaryFolder();
    const name = (digest: string): string => `${digest.slice(7)}.seg`;
    const written = await writeSegment({ folder, name }, []);
    expect(readdirSync(folder)).toEqual([`${written.digest.slice(7)}.seg`]);
  });
});

describe("what makes no segment is refused and leaves nothing behind", () => {
  const bytes = new Uint8Array(6);
  test.each([
    [
      "an id twice",
      [
        { id: 3, stride: 1, bytes },
        { id: 3, stride: 1, bytes },
      ],
    ],
    ["the id of the block digests", [{ id: 0x7fff, stride: 1, bytes }]],
    ["an id of zero", [{ id: 0, stride: 1, bytes }]],
    ["a length that is no multiple of the stride", [{ id: 3, stride: 4, bytes }]],
    ["a stride of zero", [{ id: 3, stride: 0, bytes }]],
  ])("%s", async (_, list) => {
    const folder = temporaryFolder();
    expect(await codeOf(writeSegment(join(folder, "a.seg"), list))).toBe("SEGMENT_INPUT");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a source that fails half way", async () => {
    const folder = temporaryFolder();
    const failing = function* (): Generator<Uint8Array> {
      yield bytes;
      throw new Error("no more");
    };
    const list = [{ id: 3, stride: 1, bytes: failing() }];
    expect(await codeOf(writeSegment(join(folder, "a.seg"), list))).toBe("SEGMENT_WRITE");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a target that is a folder", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a.seg"));
    expect(await codeOf(writeSegment(join(folder, "a.seg"), []))).toBe("SEGMENT_WRITE");
    expect(readdirSync(folder)).toEqual(["a.seg"]);
  });
});
