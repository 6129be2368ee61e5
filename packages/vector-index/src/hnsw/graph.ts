/** Links of a vector on each level above 0, and the most that a new vector chooses on any level. */
export const degree = 16;
/** Links of a vector on level 0. */
export const baseDegree = 32;
/** Candidates that are looked at for the links of a new vector. */
export const efConstruction = 200;
/** Vectors that are inserted against the same frozen graph. */
export const largestBatch = 256;
/** Fills the places of a link row that hold no neighbour, and stands for "none" in general. */
export const none = 0xffff_ffff;
/** No hash of 32 bits has more leading groups of four zero bits. */
export const highestLevel = 8;

/** A neighbour graph as it lies in a segment. */
export interface Graph {
  readonly entry: number;
  readonly entryLevel: number;
  readonly levels: Uint8Array;
  readonly upperStarts: Uint32Array;
  /** `baseDegree` ids for each vector. */
  readonly base: Uint32Array;
  /** `degree` ids for each upper row. */
  readonly upper: Uint32Array;
}

/**
 * The top level of a vector: one less in sixteen reach each next level, which is the 1 / ln(M) of the
 * HNSW paper (Malkov and Yashunin, 2018) for M = 16, without a logarithm. The hash is the finaliser
 * of MurmurHash3 over the id plus 2^32 / φ.
 */
export function levelOf(id: number): number {
  let hash = (id + 0x9e37_79b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return Math.clz32(hash ^ (hash >>> 16)) >>> 2;
}
