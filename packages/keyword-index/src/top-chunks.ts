import type { KeywordHits } from "./keyword-index.ts";

/**
 * The `k` largest of `scores` greater than 0, compared as the f32 that is reported; equal ones by
 * ascending id.
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
  const ids = new Int32Array(most);
  const best = new Float32Array(most);
  let size = 0;
  let floor = 0;
  for (let id = 0; id < scores.length; id += 1) {
    const exact = scores[id] ?? 0;
    if (exact === 0) {
      continue;
    }
    const score = Math.fround(exact);
    // Ids ascend, so a score equal to the last of a full list cannot get in.
    if (!(score > floor) || !allows(id)) {
      continue;
    }
    let place = size < most ? size : most - 1;
    while (place > 0 && (best[place - 1] ?? 0) < score) {
      ids[place] = ids[place - 1] ?? 0;
      best[place] = best[place - 1] ?? 0;
      place -= 1;
    }
    ids[place] = id;
    best[place] = score;
    size = Math.min(size + 1, most);
    if (size === most) {
      floor = best[most - 1] ?? 0;
    }
  }
  return { ids: ids.slice(0, size), scores: best.slice(0, size) };
}
