import { isCodedError } from "@clawkeep/diagnostics";
import { sectionId } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../test/clustered-vectors.ts";
import { openSections } from "../test/open-sections.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { openJavascriptKernel } from "./kernel/javascript-kernel.ts";
import { openVectorIndex } from "./open-vector-index.ts";
import { vectorIndexCases } from "./vector-index.cases.ts";

vectorIndexCases("exact, portable", { kind: "exact", engine: "portable" }, false, 1);
vectorIndexCases(
  "exact, resident, JavaScript",
  { resident: true, kernel: openJavascriptKernel },
  false,
  1,
);
vectorIndexCases("HNSW, portable", { engine: "portable" }, true, 0.98);

const dimensions = 16;
const vectors = clusteredVectors(900, dimensions, 2);

test("both kernels find the same chunks with the same scores", async () => {
  const sections = buildVectorSections(vectors, dimensions, { graph: true });
  const segment = await openSections(sections, 900);
  for (const kind of ["exact", "auto"] as const) {
    const wasm = openVectorIndex(segment, { kind, engine: "portable" });
    const javascript = openVectorIndex(segment, { kind, kernel: openJavascriptKernel });
    expect(wasm.kind).toBe(kind === "exact" ? "exact" : "hnsw");
    for (let row = 0; row < 900; row += 100) {
      const query = rowOf(vectors, dimensions, row);
      expect(wasm.search(query, 20)).toEqual(javascript.search(query, 20));
    }
  }
});

describe("building", () => {
  test("refuses rows and owners that do not fit", () => {
    const two = vectors.slice(0, 2 * dimensions);
    const bad: readonly (readonly [string, () => unknown])[] = [
      ["VECTOR_INPUT", () => buildVectorSections(two.slice(1), dimensions)],
      ["VECTOR_INPUT", () => buildVectorSections(two, 0)],
      ["VECTOR_INPUT", () => buildVectorSections(two, 5000)],
      ["VECTOR_INPUT", () => buildVectorSections(two, dimensions, { owners: [0] })],
      ["VECTOR_INPUT", () => buildVectorSections(two, dimensions, { owners: [1, 0] })],
      ["VECTOR_INPUT", () => buildVectorSections(two, dimensions, { owners: [-1, 0] })],
      [
        "VECTOR_NOT_UNIT",
        () =>
          buildVectorSections(
            two.map((value) => value * 2),
            dimensions,
          ),
      ],
      [
        "VECTOR_NOT_UNIT",
        () =>
          buildVectorSections(
            two.map(() => Number.NaN),
            dimensions,
          ),
      ],
    ];
    for (const [code, build] of bad) {
      expect(codeOf(build)).toBe(code);
    }
  });

  test("makes no graph for a few vectors unless asked to", () => {
    const ids = buildVectorSections(vectors, dimensions).map((section) => section.id);
    expect(ids).not.toContain(sectionId.graphHeader);
  });
});

describe.each(["portable", "auto"] as const)(
  "a forged index, engine %s, gives a coded error or an answer",
  (engine) => {
    const sections = buildVectorSections(vectors.slice(0, 300 * dimensions), dimensions, {
      graph: true,
      owners: Array.from({ length: 300 }, (_, row) => Math.floor(row / 2)),
    });

    test("whatever its words hold", async () => {
      const word = fc.oneof(
        fc.constantFrom(0, 0x7fffffff, 0xffffffff, 299, 300),
        fc.nat(2 ** 32 - 1),
      );
      const change = fc.record({
        section: fc.nat(sections.length - 1),
        place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        word,
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const forged = sections.map((section, index): SectionData => {
            const bytes = Buffer.from(section.bytes as Uint8Array);
            for (const each of changes) {
              if (each.section === index && bytes.length >= 4) {
                const words = Math.floor(bytes.length / 4);
                bytes.writeUInt32LE(each.word, Math.floor(each.place * words) * 4);
              }
            }
            return { ...section, bytes };
          });
          const segment = await openSections(forged, 150);
          const code = codeOf(() => {
            const index = openVectorIndex(segment, { engine });
            for (let row = 0; row < 300; row += 60) {
              const { ids, scores } = index.search(rowOf(vectors, dimensions, row), 10);
              expect([...ids].every((id) => id >= 0 && id < 150)).toBe(true);
              expect([...scores].every(Number.isFinite)).toBe(true);
              index.scoresOf(rowOf(vectors, dimensions, row), [0, 149]);
            }
          });
          segment.close();
          expect(["done", "SEGMENT_BOUNDS", "SEGMENT_SECTION", "VECTOR_QUERY"]).toContain(code);
        }),
        { numRuns: 120 },
      );
    });

    test("when links, starts, levels or owners are all wrong", async () => {
      for (const id of [
        sectionId.graphBaseLinks,
        sectionId.graphUpperLinks,
        sectionId.graphUpperStarts,
        sectionId.vectorOwners,
      ]) {
        const forged = sections.map((section): SectionData => {
          const bytes = new Uint8Array(section.bytes as Uint8Array);
          return section.id === id ? { ...section, bytes: bytes.fill(0xfe) } : section;
        });
        const segment = await openSections(forged, 150);
        const index = openVectorIndex(segment, { engine });
        const ask = (): unknown => index.search(rowOf(vectors, dimensions, 5), 10);
        expect(["done", "SEGMENT_BOUNDS"]).toContain(codeOf(ask));
      }
    });

    test("when a section is missing or has another shape", async () => {
      const optional: readonly number[] = [sectionId.vectorOwners, sectionId.graphHeader];
      for (const missing of sections.filter((section) => !optional.includes(section.id))) {
        const segment = await openSections(
          sections.filter((section) => section !== missing),
          300,
        );
        expect(codeOf(() => openVectorIndex(segment, { engine }))).toBe("SEGMENT_SECTION");
      }
      const segment = await openSections(
        sections.filter(({ id }) => id !== sectionId.vectorOwners),
        299,
      );
      expect(codeOf(() => openVectorIndex(segment, { engine }))).toBe("SEGMENT_SECTION");
    });
  },
);

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
