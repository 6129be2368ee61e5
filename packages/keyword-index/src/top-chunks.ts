import type { KeywordHits } from "./keyword-index.ts";

/**
 * The `k` largest of `scores` greater than 0, compared as the f32 that is reported; equal ones by
 * ascending id. A heap whose root is the last of the list so far: most chunks are compared with that
 * alone.
 */
export function topChunks(
  scores: Float64Array,
  k: number,
  allows: (chunk: number) => boolean,
): KeywordHits {
  const most = Math.min(k, scores.length);
  if (most === 0) {
    return { ids: new Int32Array(), scores: new Float32Array() };
  }
  const heap: Heap = { ids: new Int32Array(most), scores: new Float32Array(most) };
  let size = 0;
  let floor = 0;
  for (let id = 0; id < scores.length; id += 1) {
    const exact = scores[id] ?? 0;
    // One comparison for most chunks: what is not greater is not greater when it is rounded either.
    if (!(exact > floor)) {
      continue;
    }
    const score = Math.fround(exact);
    // Ids ascend, so a score equal to the last of a full list cannot get in.
    if (!(score > floor) || !allows(id)) {
      continue;
    }
    if (size < most) {
      rise(heap, size, id, score);
      size += 1;
    } else {
      sink(heap, size, id, score);
    }
    if (size === most) {
      floor = heap.scores[0] ?? 0;
    }
  }
  return inOrder(heap, size);
}

interface Heap {
  readonly ids: Int32Array;
  readonly scores: Float32Array;
}

/** Whether a chunk stands behind another in the list. */
function isBehind(score: number, id: number, otherScore: number, otherId: number): boolean {
  return score < otherScore || (score === otherScore && id > otherId);
}

function rise({ ids, scores }: Heap, from: number, id: number, score: number): void {
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const [parentId, parentScore] = [ids[parent] ?? 0, scores[parent] ?? 0];
    if (!isBehind(score, id, parentScore, parentId)) {
      break;
    }
    ids[place] = parentId;
    scores[place] = parentScore;
    place = parent;
  }
  ids[place] = id;
  scores[place] = score;
}

/** Puts a chunk in the root's place. */
function sink({ ids, scores }: Heap, size: number, id: number, score: number): void {
  let place = 0;
  for (let child = 1; child < size; child = place * 2 + 1) {
    const next = child + 1;
    if (
      next < size &&
      isBehind(scores[next] ?? 0, ids[next] ?? 0, scores[child] ?? 0, ids[child] ?? 0)
    ) {
      child = next;
    }
    if (!isBehind(scores[child] ?? 0, ids[child] ?? 0, score, id)) {
      break;
    }
    ids[place] = ids[child] ?? 0;
    scores[place] = scores[child] ?? 0;
    place = child;
  }
  ids[place] = id;
  scores[place] = score;
}

function inOrder(heap: Heap, size: number): KeywordHits {
  const ids = new Int32Array(size);
  const scores = new Float32Array(size);
  for (let left = size; left > 0; left -= 1) {
    ids[left - 1] = heap.ids[0] ?? 0;
    scores[left - 1] = heap.scores[0] ?? 0;
    sink(heap, left - 1, heap.ids[left - 1] ?? 0, heap.scores[left - 1] ?? 0);
  }
  return { ids, scores };
}
