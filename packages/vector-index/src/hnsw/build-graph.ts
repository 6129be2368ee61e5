import { CandidateList } from "../candidate-list.ts";
import type { CodeKernel } from "../kernel/code-kernel.ts";
import { baseDegree, degree, efConstruction, largestBatch, levelOf, none } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { selectLinks } from "./select-links.ts";
import { collect, descend, VisitedSet } from "./walk-graph.ts";

/** A link that a vector of the batch asks `target` for. */
interface BackLink {
  readonly source: number;
  /** Key of the source as `target` sees it. */
  readonly key: number;
}

/** The order in which the vectors of a batch are searched for; tests show that it does not matter. */
export type SearchOrder = (batch: Uint32Array) => Uint32Array;

/**
 * Builds the graph over the rows of a kernel, as section 4 of `docs/index-format.md` says. Each
 * vector of a batch is searched for in the graph as it was before the batch, so the searches of a
 * batch may run in any order, or at once, and give the same bytes.
 */
export function buildGraph(
  kernel: CodeKernel,
  vectors: number,
  order: SearchOrder = (ids) => ids,
): Graph {
  const building = new GraphBuilder(kernel, vectors);
  for (let first = 0; first < vectors;) {
    const size = Math.min(Math.max(1, first), largestBatch, vectors - first);
    const batch = Uint32Array.from({ length: size }, (_, index) => first + index);
    building.insertBatch(first, size, order(batch));
    first += size;
  }
  return building.graph();
}

class GraphBuilder {
  readonly #kernel: CodeKernel;
  readonly #levels: Uint8Array;
  readonly #upperStarts: Uint32Array;
  readonly #base: Uint32Array;
  readonly #upper: Uint32Array;
  readonly #baseKeys: Float64Array;
  readonly #upperKeys: Float64Array;
  readonly #visited: VisitedSet;
  readonly #found: CandidateList = new CandidateList(efConstruction);
  readonly #merged: CandidateList = new CandidateList(efConstruction + largestBatch);
  #entry = none;
  #entryLevel = 0;

  constructor(kernel: CodeKernel, vectors: number) {
    this.#kernel = kernel;
    this.#levels = new Uint8Array(vectors);
    this.#upperStarts = new Uint32Array(vectors).fill(none);
    let upperRows = 0;
    for (let id = 0; id < vectors; id += 1) {
      const level = levelOf(id);
      this.#levels[id] = level;
      if (level > 0) {
        this.#upperStarts[id] = upperRows;
        upperRows += level;
      }
    }
    this.#base = new Uint32Array(vectors * baseDegree).fill(none);
    this.#baseKeys = new Float64Array(vectors * baseDegree);
    this.#upper = new Uint32Array(upperRows * degree).fill(none);
    this.#upperKeys = new Float64Array(upperRows * degree);
    this.#visited = new VisitedSet(vectors);
  }

  insertBatch(first: number, size: number, order: Uint32Array): void {
    for (const id of order) {
      this.#chooseLinks(id, first);
    }
    const asked = this.#backLinks(first, size);
    for (const [level, targets] of asked.entries()) {
      for (const [target, links] of targets ?? []) {
        this.#addBackLinks(target, level, links);
      }
    }
    for (let id = first; id < first + size; id += 1) {
      const level = this.#levels[id] ?? 0;
      if (this.#entry === none || level > this.#entryLevel) {
        this.#entry = id;
        this.#entryLevel = level;
      }
    }
  }

  graph(): Graph {
    return {
      entry: this.#entry,
      entryLevel: this.#entryLevel,
      levels: this.#levels,
      upperStarts: this.#upperStarts,
      base: this.#base,
      upper: this.#upper,
    };
  }

  /** Gives a new vector its own links, from the frozen graph and the batch members before it. */
  #chooseLinks(id: number, batch: number): void {
    const kernel = this.#kernel;
    const top = this.#levels[id] ?? 0;
    const walk = {
      graph: this.graph(),
      kernel,
      keysOf: (count: number) => kernel.gatherFrom(id, count),
      visited: this.#visited,
    };
    let start: { readonly id: number; readonly key: number } | undefined;
    if (this.#entry !== none) {
      start = descend(walk, Math.min(top, this.#entryLevel));
    }
    for (let level = top; level >= 0; level -= 1) {
      const merged = this.#merged;
      merged.clear();
      if (start !== undefined && level <= this.#entryLevel) {
        collect(walk, start, level, this.#found);
        for (let index = 0; index < this.#found.size; index += 1) {
          merged.insert(this.#found.keys[index] ?? 0, this.#found.ids[index] ?? 0);
        }
        start = { id: this.#found.ids[0] ?? 0, key: this.#found.keys[0] ?? 0 };
      }
      this.#mergeBatch(id, batch, level);
      const { ids, keys, start: at } = this.#row(id, level);
      const candidates = { ids: merged.ids, keys: merged.keys, count: merged.size };
      selectLinks(kernel, id, candidates, degree, { ids, keys, start: at });
    }
  }

  #mergeBatch(id: number, batch: number, level: number): void {
    const kernel = this.#kernel;
    let count = 0;
    for (let other = batch; other < id; other += 1) {
      if ((this.#levels[other] ?? 0) >= level) {
        kernel.ids[count] = other;
        count += 1;
      }
    }
    if (count > 0) {
      kernel.gatherFrom(id, count);
      for (let index = 0; index < count; index += 1) {
        this.#merged.insert(kernel.keys[index] ?? 0, kernel.ids[index] ?? 0);
      }
    }
  }

  /** Who of the batch asks whom for a link back, by level. */
  #backLinks(first: number, size: number): (Map<number, BackLink[]> | undefined)[] {
    const weights = this.#kernel.weights;
    const asked: (Map<number, BackLink[]> | undefined)[] = [];
    for (let source = first; source < first + size; source += 1) {
      const sourceWeight = weights[source] ?? 0;
      for (let level = this.#levels[source] ?? 0; level >= 0; level -= 1) {
        const targets = (asked[level] ??= new Map());
        const { ids, keys, start, most } = this.#row(source, level);
        for (let index = start; index < start + most && ids[index] !== none; index += 1) {
          const target = ids[index] ?? 0;
          const key = ((keys[index] ?? 0) / (weights[target] ?? 1)) * sourceWeight;
          const links = targets.get(target);
          if (links === undefined) {
            targets.set(target, [{ source, key }]);
          } else {
            links.push({ source, key });
          }
        }
      }
    }
    return asked;
  }

  /** Merges links back into a row; when they do not fit, the row is chosen anew from all of them. */
  #addBackLinks(target: number, level: number, links: readonly BackLink[]): void {
    const { ids, keys, start, most } = this.#row(target, level);
    const merged = this.#merged;
    merged.clear();
    for (let index = start; index < start + most && ids[index] !== none; index += 1) {
      merged.insert(keys[index] ?? 0, ids[index] ?? 0);
    }
    for (const link of links) {
      merged.insert(link.key, link.source);
    }
    let count = merged.size;
    if (count > most) {
      const candidates = { ids: merged.ids, keys: merged.keys, count };
      count = selectLinks(this.#kernel, target, candidates, most, { ids, keys, start });
    } else {
      ids.set(merged.ids.subarray(0, count), start);
      keys.set(merged.keys.subarray(0, count), start);
    }
    ids.fill(none, start + count, start + most);
  }

  #row(
    id: number,
    level: number,
  ): {
    readonly ids: Uint32Array;
    readonly keys: Float64Array;
    readonly start: number;
    readonly most: number;
  } {
    if (level === 0) {
      const start = id * baseDegree;
      return { ids: this.#base, keys: this.#baseKeys, start, most: baseDegree };
    }
    const start = ((this.#upperStarts[id] ?? 0) + level - 1) * degree;
    return { ids: this.#upper, keys: this.#upperKeys, start, most: degree };
  }
}
