import { segmentError } from "@clawkeep/segment";

import { before } from "../candidate-list.ts";
import type { CandidateList } from "../candidate-list.ts";
import type { CodeKernel } from "../kernel/code-kernel.ts";
import { baseDegree, degree, none } from "./graph.ts";
import type { Graph } from "./graph.ts";

/** Marks which vectors a walk has seen; one for all walks over a graph. */
export class VisitedSet {
  readonly #stamps: Uint32Array;
  #stamp = 0;

  constructor(vectors: number) {
    this.#stamps = new Uint32Array(vectors);
  }

  reset(): void {
    this.#stamp += 1;
    if (this.#stamp > 0xffff_ffff) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
  }

  /** True the first time. */
  add(id: number): boolean {
    if (this.#stamps[id] === this.#stamp) {
      return false;
    }
    this.#stamps[id] = this.#stamp;
    return true;
  }
}

/** Computes the keys of the first `count` ids of the kernel; a query's, or a row's during a build. */
type KeysOfIds = (count: number) => void;

/** What a walk needs beside the graph. */
export interface Walk {
  readonly graph: Graph;
  readonly kernel: CodeKernel;
  readonly keysOf: KeysOfIds;
  readonly visited: VisitedSet;
}

/**
 * Walks down from the entry to the best vector found on `level`: on each level above it moves to the
 * best neighbour until none is better.
 */
export function descend(walk: Walk, level: number): { readonly id: number; readonly key: number } {
  const { graph, kernel } = walk;
  let id = checked(graph.entry, graph);
  kernel.ids[0] = id;
  walk.keysOf(1);
  let key = kernel.keys[0] ?? 0;
  for (let current = graph.entryLevel; current > level; current -= 1) {
    for (let moved = true; moved;) {
      moved = false;
      const count = copyLinks(walk, id, current);
      if (count > 0) {
        walk.keysOf(count);
      }
      for (let index = 0; index < count; index += 1) {
        const otherKey = kernel.keys[index] ?? 0;
        const other = kernel.ids[index] ?? 0;
        if (before(otherKey, other, key, id)) {
          id = other;
          key = otherKey;
          moved = true;
        }
      }
    }
  }
  return { id, key };
}

/**
 * Fills `list` with the best vectors of `level` that are reached from `start`: expands the best
 * vector of the list that was not expanded yet until there is none.
 */
export function collect(
  walk: Walk,
  start: { readonly id: number; readonly key: number },
  level: number,
  list: CandidateList,
): void {
  const { kernel, visited } = walk;
  list.clear();
  visited.reset();
  visited.add(start.id);
  list.insert(start.key, start.id);
  let from = 0;
  for (;;) {
    const place = list.expandNext(from);
    if (place < 0) {
      return;
    }
    const linked = copyLinks(walk, list.ids[place] ?? 0, level);
    let count = 0;
    for (let index = 0; index < linked; index += 1) {
      const id = kernel.ids[index] ?? 0;
      if (visited.add(id)) {
        kernel.ids[count] = id;
        count += 1;
      }
    }
    from = place + 1;
    if (count === 0) {
      continue;
    }
    walk.keysOf(count);
    for (let index = 0; index < count; index += 1) {
      const key = kernel.keys[index] ?? 0;
      const id = kernel.ids[index] ?? 0;
      if (list.admits(key, id)) {
        const inserted = list.insert(key, id);
        if (inserted < from) {
          from = inserted;
        }
      }
    }
  }
}

/** Copies the links of a vector on a level to the kernel's ids; each id is checked. */
function copyLinks(walk: Walk, id: number, level: number): number {
  const { graph, kernel } = walk;
  let links = graph.base;
  let start = id * baseDegree;
  let most = baseDegree;
  if (level > 0) {
    links = graph.upper;
    most = degree;
    const row = (graph.upperStarts[id] ?? none) + level - 1;
    start = row * degree;
    if (level > (graph.levels[id] ?? 0) || start + degree > links.length) {
      throw segmentError(
        "SEGMENT_BOUNDS",
        `vector ${id} of a graph has no links on level ${level}`,
      );
    }
  }
  let count = 0;
  while (count < most) {
    const link = links[start + count] ?? none;
    if (link === none) {
      break;
    }
    kernel.ids[count] = checked(link, graph);
    count += 1;
  }
  return count;
}

function checked(id: number, graph: Graph): number {
  if (id >= graph.levels.length) {
    const message = `expected a vector below ${graph.levels.length}, got link ${id}`;
    throw segmentError("SEGMENT_BOUNDS", message);
  }
  return id;
}
