import { describe, expect, test } from "vitest";

import { clusteredVectors, rowOf } from "../../test/clustered-vectors.ts";
import type { CodeKernel, KernelShape } from "../kernel/code-kernel.ts";
import { openJavascriptKernel } from "../kernel/javascript-kernel.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import { codeStride, quantise, roundToHalves } from "../quantise.ts";
import { buildGraph } from "./build-graph.ts";
import { baseDegree, degree, highestLevel, levelOf, none } from "./graph.ts";
import type { Graph } from "./graph.ts";

const dimensions = 32;

function filled(
  vectors: Float32Array,
  open: (shape: KernelShape) => CodeKernel = openKernel,
): CodeKernel {
  const rows = vectors.length / dimensions;
  const stride = codeStride(dimensions);
  const kernel = open({ rows, dimensions });
  const codes = new Int8Array(kernel.codes.buffer, kernel.codes.byteOffset, rows * stride);
  const halves = new Uint16Array(dimensions);
  for (let row = 0; row < rows; row += 1) {
    roundToHalves(rowOf(vectors, dimensions, row), halves);
    const target = codes.subarray(row * stride, (row + 1) * stride);
    kernel.weights[row] = quantise(halves, dimensions, target);
  }
  return kernel;
}

/** The links of a vector on a level. */
function linksOf(graph: Graph, id: number, level: number): readonly number[] {
  const upper = ((graph.upperStarts[id] ?? 0) + level - 1) * degree;
  const row =
    level === 0
      ? graph.base.subarray(id * baseDegree, (id + 1) * baseDegree)
      : graph.upper.subarray(upper, upper + degree);
  const end = row.indexOf(none);
  expect(end < 0 || row.subarray(end).every((link) => link === none)).toBe(true);
  return [...(end < 0 ? row : row.subarray(0, end))];
}

describe("a graph", () => {
  const vectors = clusteredVectors(700, dimensions, 3);
  const graph = buildGraph(filled(vectors), 700);

  test("has the same bytes whatever kernel and whatever order of searches built it", () => {
    expect(buildGraph(filled(vectors, openJavascriptKernel), 700)).toEqual(graph);
    const reversed = buildGraph(filled(vectors), 700, (batch) => batch.toReversed());
    expect(reversed).toEqual(graph);
  });

  test("links vectors that reach a level to others that reach it, never twice, never to itself", () => {
    for (let id = 0; id < 700; id += 1) {
      for (let level = 0; level <= (graph.levels[id] ?? 0); level += 1) {
        const links = linksOf(graph, id, level);
        expect(new Set(links).size).toBe(links.length);
        expect(links).not.toContain(id);
        expect(links.every((link) => (graph.levels[link] ?? -1) >= level)).toBe(true);
      }
    }
  });

  test("orders links by key, ties by id", () => {
    const kernel = filled(vectors);
    for (let id = 0; id < 700; id += 7) {
      const links = linksOf(graph, id, 0);
      kernel.ids.set(links);
      kernel.gatherFrom(id, Math.max(1, links.length));
      const ranked = links
        .map((link, index) => ({ link, key: kernel.keys[index] ?? 0 }))
        .sort((a, b) => b.key - a.key || a.link - b.link)
        .map(({ link }) => link);
      expect(links).toEqual(ranked);
    }
  });

  test("is entered at the first vector of the highest level, and reaches all", () => {
    const highest = Math.max(...graph.levels);
    expect(graph.entryLevel).toBe(highest);
    expect(graph.entry).toBe(graph.levels.indexOf(highest));
    const reached = new Set([graph.entry]);
    for (const id of reached) {
      linksOf(graph, id, 0).forEach((link) => reached.add(link));
    }
    expect(reached.size).toBe(700);
  });

  test("of no vector and of one has no links", () => {
    expect(buildGraph(filled(new Float32Array()), 0)).toMatchObject({ entry: none, entryLevel: 0 });
    const one = buildGraph(filled(vectors.slice(0, dimensions)), 1);
    expect(one.entry).toBe(0);
    expect(one.base.every((link) => link === none)).toBe(true);
  });

  test.each([0, 300, 500])("of 200 equal vectors from %i on does not lose the others", (first) => {
    const equal = clusteredVectors(700, dimensions, 5);
    for (let row = first; row < first + 200; row += 1) {
      equal.copyWithin(row * dimensions, first * dimensions, (first + 1) * dimensions);
    }
    const found = buildGraph(filled(equal), 700);
    const reached = new Set([found.entry]);
    for (const id of reached) {
      linksOf(found, id, 0).forEach((link) => reached.add(link));
    }
    const lost = Array.from({ length: 700 }, (_, id) => id).filter((id) => !reached.has(id));
    expect(lost.every((id) => id >= first && id < first + 200)).toBe(true);
  });
});

test("levels thin out by sixteen and depend on the id alone", () => {
  const counts = Array.from({ length: highestLevel + 1 }, () => 0);
  for (let id = 0; id < 65_536; id += 1) {
    const level = levelOf(id);
    counts[level] = (counts[level] ?? 0) + 1;
  }
  const [none0 = 0, one = 0, two = 0] = counts;
  expect(none0 / 65_536).toBeCloseTo(15 / 16, 2);
  expect(one / 65_536).toBeCloseTo(15 / 256, 2);
  expect(two).toBeGreaterThan(150);
  expect([0, 1, 2, 3, 1000].map(levelOf)).toEqual([0, 1, 2, 3, 1000].map(levelOf));
});
