import type { CodeKernel } from "../kernel/code-kernel.ts";

/** Candidates for the links of one vector, best first. */
export interface LinkCandidates {
  readonly ids: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  readonly count: number;
}

/**
 * The select-neighbours heuristic of the HNSW paper (algorithm 4, without extension or filling up)
 * on exact keys: a candidate is taken unless one already taken is nearer to it than `owner` is.
 * Writes the chosen ids and keys, best first, from `start` on; gives how many.
 */
export function selectLinks(
  kernel: CodeKernel,
  owner: number,
  candidates: LinkCandidates,
  most: number,
  out: { readonly ids: Uint32Array; readonly keys: Float64Array; readonly start: number },
): number {
  const ownerWeight = kernel.weights[owner] ?? 0;
  let taken = 0;
  for (let index = 0; index < candidates.count && taken < most; index += 1) {
    const id = candidates.ids[index] ?? 0;
    const key = candidates.keys[index] ?? 0;
    // key = dot × weight of the candidate; seen from the candidate it is dot × weight of the owner.
    const fromCandidate = (key / (kernel.weights[id] ?? 1)) * ownerWeight;
    if (taken === 0 || isDiverse(kernel, id, fromCandidate, out, taken)) {
      out.ids[out.start + taken] = id;
      out.keys[out.start + taken] = key;
      taken += 1;
    }
  }
  return taken;
}

function isDiverse(
  kernel: CodeKernel,
  id: number,
  limit: number,
  out: { readonly ids: Uint32Array; readonly start: number },
  taken: number,
): boolean {
  for (let index = 0; index < taken; index += 1) {
    kernel.ids[index] = out.ids[out.start + index] ?? 0;
  }
  kernel.gatherFrom(id, taken);
  for (let index = 0; index < taken; index += 1) {
    if ((kernel.keys[index] ?? 0) > limit) {
      return false;
    }
  }
  return true;
}
