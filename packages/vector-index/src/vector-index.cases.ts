import { isCodedError } from "@clawkeep/diagnostics";
import { addBit, createBitset } from "@clawkeep/segment";
import type { Bitset } from "@clawkeep/segment";
import { describe, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../test/clustered-vectors.ts";
import { openSections } from "../test/open-sections.ts";
import { buildVectorSections } from "./build-vector-sections.ts";
import { exactSearch } from "./exact-search.ts";
import { openVectorIndex } from "./open-vector-index.ts";
import type { OpenVectorIndexOptions } from "./open-vector-index.ts";
import type { VectorIndex } from "./vector-index.ts";

const dimensions = 48;
const count = 1200;
const vectors = clusteredVectors(count, dimensions, 11);
const queries = Array.from({ length: 30 }, (_, index) => rowOf(vectors, dimensions, index * 37));

function bitset(holds: (id: number) => boolean): Bitset {
  const set = createBitset(count);
  for (let id = 0; id < count; id += 1) {
    if (holds(id)) {
      addBit(set, id);
    }
  }
  return set;
}

/** The part of the true nearest that a search finds, over all queries. */
function recall(
  find: (query: Float32Array) => ArrayLike<number>,
  holds: (id: number) => boolean = () => true,
): number {
  let hits = 0;
  let wanted = 0;
  for (const query of queries) {
    const all = exactSearch(vectors, dimensions, query, count).ids;
    const truth = new Set([...all].filter(holds).slice(0, 10));
    const found = Array.from(find(query));
    hits += found.filter((id) => truth.has(id)).length;
    wanted += truth.size;
  }
  return hits / wanted;
}

/** What every way to search must do; `floor` is the recall that it must reach. */
export function vectorIndexCases(
  name: string,
  setting: OpenVectorIndexOptions,
  graph: boolean,
  floor: number,
): void {
  const open = async (
    rows: Float32Array = vectors,
    owners?: readonly number[],
    chunks = rows.length / dimensions,
  ): Promise<VectorIndex> => {
    const options = owners === undefined ? { graph } : { graph, owners };
    const sections = buildVectorSections(rows, dimensions, options);
    return openVectorIndex(await openSections(sections, chunks), setting);
  };

  describe(`${name} search`, () => {
    test("finds what the oracle finds, with its scores, best first", async () => {
      const index = await open();
      expect(recall((query) => index.search(query, 10).ids)).toBeGreaterThanOrEqual(floor);
      for (const query of queries) {
        const { ids, scores } = index.search(query, 10);
        expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
        ids.forEach((id, place) => {
          const row = rowOf(vectors, dimensions, id);
          const exact = row.reduce((sum, value, at) => sum + value * (query[at] ?? 0), 0);
          expect(Math.abs((scores[place] ?? 0) - exact)).toBeLessThan(3e-4);
        });
        expect(index.scoresOf(query, ids)).toEqual(scores);
      }
    });

    test("gives the same answer each time, and the smaller answer as the head of the larger", async () => {
      const index = await open();
      for (const query of queries.slice(0, 10)) {
        const ten = index.search(query, 10);
        index.search(queries[20] ?? query, 3);
        expect(index.search(query, 10)).toEqual(ten);
      }
    });

    test("writes into arrays of the caller, and answers many queries at once, as one by one", async () => {
      const index = await open();
      const into = { ids: new Int32Array(10), scores: new Float32Array(10) };
      const several = queries.slice(0, 12);
      const alone = several.map((query) => index.search(query, 10));
      several.forEach((query, place) => {
        expect(index.searchInto(query, into)).toBe(10);
        expect(into).toEqual(alone[place]);
      });
      const rows = new Float32Array(several.length * dimensions);
      several.forEach((query, place) => rows.set(query, place * dimensions));
      for (const threads of [1, 2, 5]) {
        const { ids, scores, counts } = index.searchMany(rows, 10, { threads });
        expect([...ids]).toEqual(alone.flatMap((hits) => [...hits.ids]));
        expect([...scores]).toEqual(alone.flatMap((hits) => [...hits.scores]));
        expect([...counts]).toEqual(several.map(() => 10));
      }
      const filter = bitset((id) => id === 5);
      const { ids, counts } = index.searchMany(rows, 2, { filter });
      expect([...ids.subarray(0, 4)]).toEqual([5, -1, 5, -1]);
      expect(counts[0]).toBe(1);
    });

    test("returns nothing that is deleted or filtered out, and misses little of the rest", async () => {
      const index = await open();
      for (const [holds, wanted] of [
        [(id: number) => id % 2 === 0, floor],
        [(id: number) => id % 50 === 0, 1],
        [(id: number) => id >= count - 5, 1],
      ] as const) {
        const filter = bitset(holds);
        const deleted = bitset((id) => !holds(id));
        for (const options of [{ filter }, { deleted }, { filter, deleted }]) {
          const find = (query: Float32Array): ArrayLike<number> => {
            const { ids } = index.search(query, 10, options);
            expect([...ids].every(holds)).toBe(true);
            return ids;
          };
          expect(recall(find, holds)).toBeGreaterThanOrEqual(wanted);
        }
      }
      const nothing = index.search(queries[0] ?? vectors, 10, { filter: createBitset(count) });
      expect(nothing.ids).toHaveLength(0);
    });

    test("orders equal vectors by id", async () => {
      const rows = vectors.slice();
      for (const copy of [3, 700, 1199, 64]) {
        rows.copyWithin(copy * dimensions, 0, dimensions);
      }
      const index = await open(rows);
      const { ids } = index.search(rowOf(rows, dimensions, 0), 5);
      expect([...ids]).toEqual([0, 3, 64, 700, 1199]);
    });

    test("gives a chunk the score of its best vector, once", async () => {
      const owners = Array.from({ length: count }, (_, row) => Math.floor(row / 10) * 2);
      const index = await open(vectors, owners, 242);
      for (const query of queries.slice(0, 10)) {
        const { ids, scores } = index.search(query, 20);
        expect(new Set(ids).size).toBe(20);
        ids.forEach((id, place) => {
          const rows = owners.flatMap((owner, row) => (owner === id ? [row] : []));
          const best = rows.map((row) =>
            rowOf(vectors, dimensions, row).reduce(
              (sum, value, at) => sum + value * (query[at] ?? 0),
              0,
            ),
          );
          expect(Math.abs((scores[place] ?? 0) - Math.max(...best))).toBeLessThan(3e-4);
        });
        expect([...index.scoresOf(query, [1, 241])]).toEqual([-1, -1]);
      }
      const query = queries[0] ?? vectors;
      expect(index.search(query, 1000).ids).toHaveLength(120);
    });

    test("answers at the edges: none wanted, more than there are, no vectors at all", async () => {
      const query = queries[0] ?? vectors;
      const index = await open(vectors.slice(0, dimensions * 7));
      expect(index.search(query, 0).ids).toHaveLength(0);
      expect([...index.search(query, 100).ids].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      const empty = await open(new Float32Array());
      expect(empty.search(query, 3).ids).toHaveLength(0);
      expect(empty.vectorCount).toBe(0);
    });

    test("refuses what is no query", async () => {
      const index = await open(vectors.slice(0, dimensions * 7));
      const query = queries[0] ?? vectors;
      const bad: readonly (() => unknown)[] = [
        () => index.search(query.slice(1), 3),
        () => index.search(new Float32Array(dimensions), 3),
        () =>
          index.search(
            query.map(() => Number.NaN),
            3,
          ),
        () => index.search(query, -1),
        () => index.search(query, 1.5),
        () => index.searchMany(query.slice(1), 3),
        () => index.searchMany(new Float32Array(dimensions * 3), 3),
        () => index.scoresOf(query, [7]),
        () => index.scoresOf(query, [-1]),
      ];
      for (const ask of bad) {
        expect(codeOf(ask)).toBe("VECTOR_QUERY");
      }
    });
  });
}

function codeOf(read: () => unknown): string {
  try {
    read();
    return "done";
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}
