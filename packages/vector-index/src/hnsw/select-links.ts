import type { CodeKernel } from "../kernel/code-kernel.ts";

/** Candidates for the links of one vector, best first. */
export interface LinkCandidates {
  readonly ids: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  readonly count: number;
}

/** A row of links, from `start` on. */
export interface LinkRow {
  readonly ids: Uint32Array;
  readonly keys: Float64Array;
  readonly start: number;
}

/**
 * The select-neighbours heuristic of the HNSW paper (algorithm 4) on exact keys: a candidate is taken
 * unless one already taken is nearer to it than `owner` is, or is its equal; what room is left goes
 * to the nearest of those that were not taken. Without the second rule, equal vectors (the same
 * licence in many files) fill each other's rows and lose the rest of the graph. Writes the chosen
 * ids and keys, best first; gives how many.
 */
export function selectLinks(
  kernel: CodeKernel,
  owner: number,
  candidates: LinkCandidates,
  most: number,
  row: LinkRow,
): number {
  const ownerWeight = kernel.weights[owner] ?? 0;
  const chosen = new Uint8Array(candidates.count);
  let taken = 0;
  for (let index = 0; index < candidates.count && taken < most; index += 1) {
    const id = candidates.ids[index] ?? 0;
    // key = dot × weight of the candidate; seen from the candidate it is dot × weight of the owner.
    const dot = (candidates.keys[index] ?? 0) / (kernel.weights[id] ?? 1);
    if (isDiverse(kernel, id, dot * ownerWeight, row, taken)) {
      chosen[index] = 1;
      row.ids[row.start + taken] = id;
      taken += 1;
    }
  }
  for (let index = 0; index < candidates.count && taken < most; index += 1) {
    if (chosen[index] === 0) {
      chosen[index] = 1;
      taken += 1;
    }
  }
  let place = row.start;
  for (let index = 0; index < candidates.count; index += 1) {
    if (chosen[index] === 1) {
      row.ids[place] = candidates.ids[index] ?? 0;
      row.keys[place] = candidates.keys[index] ?? 0;
      place += 1;
    }
  }
  return taken;
}

function isDiverse(
  kernel: CodeKernel,
  id: number,
  fromOwner: number,
  row: LinkRow,
  taken: number,
): boolean {
  if (taken === 0) {
    return true;
  }
  for (let index = 0; index < taken; index += 1) {
    kernel.ids[index] = row.ids[row.start + index] ?? 0;
  }
  kernel.ids[taken] = id;
  kernel.gatherFrom(id, taken + 1);
  const own = kernel.keys[taken] ?? 0;
  const weight = kernel.weights[id] ?? 0;
  for (let index = 0; index < taken; index += 1) {
    const key = kernel.keys[index] ?? 0;
    if (key > fromOwner || (key === own && kernel.weights[kernel.ids[index] ?? 0] === weight)) {
      return false;
    }
  }
  return true;
}
