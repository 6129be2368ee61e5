import type { Atom } from "./atom.ts";

/** What a plan may do. */
export interface PlanLimits {
  /** Tokens that atoms may have in a chunk that starts with the atom of this index. */
  readonly budgetAt: (index: number) => number;
  /** Tokens of the largest budget, the unit of fullness. */
  readonly maxTokens: number;
  /** UTF-16 code units that a chunk may have. */
  readonly maxLength: number;
}

/** Runs of atoms, as indexes: `from` inclusive, `to` exclusive. */
export interface PlannedChunk {
  readonly from: number;
  readonly to: number;
}

/** What a chunk costs however full it is. */
const chunkCost = 0.35;
/** What it costs that a chunk runs over a heading into another section. */
const mixedCost = 0.5;

/**
 * Parts atoms into chunks so that the whole costs least. A chunk costs `0.35 + (1 - fullness)²`, the break
 * in front of it, and 0.5 for each section that it runs into. So small sections are packed together, long
 * ones are parted evenly, and breaks fall on headings rather than on paragraphs rather than on sentences.
 * Of equal plans the one with the earlier breaks is taken. Time is linear in atoms times atoms a chunk.
 */
export function planChunks(atoms: readonly Atom[], limits: PlanLimits): readonly PlannedChunk[] {
  const count = atoms.length;
  const best = new Float64Array(count + 1).fill(Infinity);
  const from = new Int32Array(count + 1);
  best[0] = 0;
  for (let start = 0; start < count; start += 1) {
    const first = atoms[start];
    const base =
      (best[start] ?? Infinity) + chunkCost + (start === 0 ? 0 : (first?.breakCost ?? 0));
    const budget = limits.budgetAt(start);
    let tokens = 0;
    let mixed = 0;
    for (let end = start; end < count; end += 1) {
      const atom = atoms[end];
      if (atom === undefined || first === undefined) {
        break;
      }
      tokens += atom.tokens;
      const isFirst = end === start;
      const tooMuch = tokens > budget || atom.end - first.start > limits.maxLength;
      if (!isFirst && (tooMuch || atom.forced)) {
        break;
      }
      if (!isFirst && atom.heading && atoms[end - 1]?.heading !== true) {
        mixed += mixedCost;
      }
      const room = Math.max(0, 1 - tokens / limits.maxTokens);
      const cost = base + mixed + room * room;
      if (cost < (best[end + 1] ?? Infinity)) {
        best[end + 1] = cost;
        from[end + 1] = start;
      }
    }
  }
  const plan: PlannedChunk[] = [];
  for (let to = count; to > 0; to = from[to] ?? 0) {
    plan.push({ from: from[to] ?? 0, to });
  }
  return plan.reverse();
}
