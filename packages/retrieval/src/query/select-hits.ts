import type { FusedCandidate } from "./fuse.ts";

/** What selection looks at beside the score. */
export interface CandidateIdentity {
  /** Document that the chunk is part of. */
  readonly path: string;
  /** Digest of the chunk's text. */
  readonly digest: string;
}

/** Passages of one document that may stand before those of others. */
const mostPerDocument = 3;

/**
 * A candidate without any term of the query and with less cosine than this is noise: unrelated
 * sentences lie around 0 to .1 in this model's space.
 */
const leastCosine = 0.1;

/** A page of candidates. */
export interface SelectedPage<T> {
  /** Best first. */
  readonly selected: readonly T[];
  /** Whether there are candidates behind them. */
  readonly more: boolean;
}

/**
 * The first `topK` candidates that tell the reader something new: a passage with the same text as a
 * better one is left out, and a fourth passage of one document comes only when there are too few
 * others. Best first, whatever was left out.
 */
export function selectHits<T extends FusedCandidate>(
  ordered: readonly T[],
  topK: number,
  identityOf: (candidate: T) => CandidateIdentity,
): readonly T[] {
  return selectPage(ordered, { offset: 0, topK }, identityOf).selected;
}

/**
 * {@link selectHits} behind the first `offset` of them. Pages neither overlap nor leave a gap: what comes
 * only for want of others is behind all others.
 */
export function selectPage<T extends FusedCandidate>(
  ordered: readonly T[],
  { offset, topK }: { readonly offset: number; readonly topK: number },
  identityOf: (candidate: T) => CandidateIdentity,
): SelectedPage<T> {
  const end = offset + topK;
  const texts = new Set<string>();
  const perDocument = new Map<string, number>();
  const first: number[] = [];
  const spare: number[] = [];
  for (const [index, candidate] of ordered.entries()) {
    if (first.length > end) {
      break;
    }
    if (candidate.bm25 === 0 && (candidate.cosine ?? 0) < leastCosine) {
      continue;
    }
    const { path, digest } = identityOf(candidate);
    if (texts.has(digest)) {
      continue;
    }
    texts.add(digest);
    const count = (perDocument.get(path) ?? 0) + 1;
    perDocument.set(path, count);
    (count <= mostPerDocument ? first : spare).push(index);
  }
  const selected = [...first, ...spare]
    .slice(offset, end)
    .sort((a, b) => a - b)
    .flatMap((index) => ordered[index] ?? []);
  return { selected, more: first.length + spare.length > end };
}
