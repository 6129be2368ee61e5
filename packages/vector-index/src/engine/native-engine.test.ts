import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { isCodedError } from "@clawkeep/diagnostics";
import { addBit, createBitset, openSegment, writeSegment } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../../test/clustered-vectors.ts";
import { openSections } from "../../test/open-sections.ts";
import { buildVectorSections } from "../build-vector-sections.ts";
import { openVectorIndex } from "../open-vector-index.ts";
import { vectorIndexCases } from "../vector-index.cases.ts";
import type { VectorHits, VectorIndex } from "../vector-index.ts";
import { chooseEngine, whyNoNativeEngine } from "./choose-engine.ts";
import { describeEngine } from "./describe-engine.ts";

const why = whyNoNativeEngine();
if (why !== undefined) {
  process.stderr.write(`skipped, the native engine: ${why}\n`);
}
const kernels = why === undefined ? (chooseEngine("native")?.kernels().split(",") ?? []) : [];

for (const nativeKernel of kernels) {
  const setting = { engine: "native", nativeKernel } as const;
  vectorIndexCases(`exact, native ${nativeKernel}`, { ...setting, kind: "exact" }, false, 1);
  vectorIndexCases(`HNSW, native ${nativeKernel}`, setting, true, 0.98);
}

describe.skipIf(why !== undefined)("the native engine", () => {
  const dimensions = 56;
  const count = 2500;
  const vectors = clusteredVectors(count, dimensions, 77);

  test("is what runs here when nothing else is asked for", () => {
    expect(describeEngine("auto")).toEqual({ engine: "native", kernel: kernels[0] });
    expect(describeEngine("portable").engine).toBe("portable");
  });

  test("gives the ids, the order and the scores of the portable engine", async () => {
    const owners = Array.from({ length: count }, (_, row) => Math.floor(row / 3));
    const some = createBitset(count);
    for (let id = 0; id < count; id += 3) {
      addBit(some, id);
    }
    for (const given of [undefined, owners]) {
      const options = given === undefined ? { graph: true } : { graph: true, owners: given };
      const chunks = given === undefined ? count : Math.ceil(count / 3);
      const segment = await openSections(buildVectorSections(vectors, dimensions, options), chunks);
      for (const kind of ["exact", "auto"] as const) {
        const portable = openVectorIndex(segment, { kind, engine: "portable" });
        const natives = kernels.map((nativeKernel) =>
          openVectorIndex(segment, { kind, engine: "native", nativeKernel }),
        );
        for (const asked of [{}, { ef: 12 }, { ef: 150 }, { filter: some }, { deleted: some }]) {
          for (let row = 0; row < count; row += 250) {
            const query = rowOf(vectors, dimensions, row);
            const expected = portable.search(query, 10, asked);
            const scores = portable.scoresOf(query, [0, 1, chunks - 1]);
            for (const native of natives) {
              expect(native.kind).toBe(portable.kind);
              expect(native.search(query, 10, asked)).toEqual(expected);
              expect(native.scoresOf(query, [0, 1, chunks - 1])).toEqual(scores);
            }
          }
        }
      }
      segment.close();
    }
  });

  test("builds the bytes of the portable engine, on any kernel and any number of threads", () => {
    const shape = fc.record({
      rows: fc.integer({ min: 0, max: 700 }),
      width: fc.integer({ min: 2, max: 150 }),
      seed: fc.nat(1_000_000),
      copies: fc.array(fc.tuple(fc.nat(699), fc.nat(699)), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(shape, ({ rows, width, seed, copies }) => {
        const input = clusteredVectors(rows, width, seed);
        for (const [from, to] of copies) {
          if (from < rows && to < rows) {
            input.copyWithin(to * width, from * width, (from + 1) * width);
          }
        }
        const expected = bytesIn(
          buildVectorSections(input, width, { graph: true, engine: "portable" }),
        );
        for (const nativeKernel of kernels) {
          for (const threads of [1, 2, 4]) {
            const setting = { graph: true, engine: "native", nativeKernel, threads } as const;
            expect(bytesIn(buildVectorSections(input, width, setting))).toEqual(expected);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  describe("over a file that changes while it is open", () => {
    const folder = mkdtempSync(join(tmpdir(), "clawkeep-native-"));
    const path = join(folder, "a.seg");
    let whole: Buffer = Buffer.alloc(0);

    beforeAll(async () => {
      await writeSegment(path, buildVectorSections(vectors, dimensions, { graph: true }), {
        chunkCount: count,
        mode: 0o600,
      });
      whole = readFileSync(path);
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    const codes = (index: VectorIndex, most: number): readonly string[] =>
      Array.from({ length: most }, (_, turn) => {
        const query = rowOf(vectors, dimensions, (turn * 37) % count);
        return codeOf(() => {
          const { ids } = index.search(query, 10);
          expect([...ids].every((id) => id >= 0 && id < count)).toBe(true);
        });
      });

    test("cut short: an error, and no crash", () => {
      for (const length of [0, 4096, 100_000, whole.length - 4096]) {
        writeFileSync(path, whole);
        using segment = openSegment(path);
        const index = openVectorIndex(segment, { engine: "native", memory: "map" });
        expect(codes(index, 20)).toEqual(Array.from({ length: 20 }, () => "done"));
        truncateSync(path, length);
        const after = new Set(codes(index, 3000));
        after.delete("done");
        expect([...after]).toEqual(["SEGMENT_TRUNCATED"]);
        expect(codeOf(() => openVectorIndex(segment, { engine: "native" }))).toBe(
          "SEGMENT_TRUNCATED",
        );
      }
    });

    test("cut short in a worker that ended, in the next one, under another handler: an error", () => {
      const script = fileURLToPath(new URL("../../test/search-in-workers.ts", import.meta.url));
      const { status, signal, stdout, stderr } = spawnSync(
        process.execPath,
        ["--conditions=source", script, restored()],
        { encoding: "utf8" },
      );
      expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
      expect(stdout.trim().split("\n")).toEqual(
        ["first worker", "second worker", "main", "main, after another handler"].map(
          (name) => `${name}: SEGMENT_TRUNCATED`,
        ),
      );
    });

    test("written to: an error or an answer, and no crash", () => {
      writeFileSync(path, whole);
      using segment = openSegment(path);
      const index = openVectorIndex(segment, { engine: "native", memory: "map" });
      const junk = Buffer.alloc(whole.length - 4096, 0xfe);
      writeFileSync(path, Buffer.concat([whole.subarray(0, 4096), junk]));
      const after = new Set(codes(index, 3000));
      after.delete("done");
      expect([...after]).toEqual(["SEGMENT_DIGEST"]);
    });

    test("writable for others: copied, so that nothing is noticed", () => {
      writeFileSync(path, whole);
      chmodSync(path, 0o666);
      using segment = openSegment(path);
      const index = openVectorIndex(segment, { engine: "native" });
      const query = rowOf(vectors, dimensions, 5);
      const before: VectorHits = index.search(query, 10);
      truncateSync(path, 100);
      expect(index.search(query, 10)).toEqual(before);
      chmodSync(path, 0o600);
    });

    test("damaged before: refused", () => {
      using good = openSegment(restored());
      for (const { offset, length, id } of good.entries) {
        if (length > 64 && id !== 0x7fff) {
          const bytes = Buffer.from(whole);
          bytes[offset + 5] = (bytes[offset + 5] ?? 0) ^ 1;
          writeFileSync(path, bytes);
          using segment = openSegment(path);
          const code = codeOf(() => {
            const index = openVectorIndex(segment, { engine: "native" });
            index.scoresOf(rowOf(vectors, dimensions, 0), [0]);
          });
          expect([id, code]).toEqual([id, "SEGMENT_DIGEST"]);
        }
      }
    });

    test("closed: refused", () => {
      const segment = openSegment(restored());
      const index = openVectorIndex(segment, { engine: "native" });
      segment.close();
      const query = rowOf(vectors, dimensions, 5);
      expect(codeOf(() => index.search(query, 3))).toBe("SEGMENT_CLOSED");
      expect(codeOf(() => index.searchMany(query, 3))).toBe("SEGMENT_CLOSED");
      expect(codeOf(() => index.scoresOf(query, [1]))).toBe("SEGMENT_CLOSED");
    });

    function restored(): string {
      writeFileSync(path, whole);
      return path;
    }
  });
});

test("an engine that there is not is refused", () => {
  expect(codeOf(() => chooseEngine("quick"))).toBe("VECTOR_ENGINE");
});

function bytesIn(sections: readonly SectionData[]): readonly (readonly [number, string])[] {
  return sections.map(({ id, bytes }) => {
    const view = bytes as Uint8Array;
    return [id, Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64")];
  });
}

function codeOf(read: () => unknown): string {
  try {
    read();
    return "done";
  } catch (error) {
    if (isCodedError(error)) {
      return error.code;
    }
    throw error;
  }
}
