import { clusteredVectors } from "./clustered-vectors.ts";

/** What the golden segments hold: 400 vectors of 16 dimensions, three to a chunk in `owned`. */
export const goldenDimensions = 16;
export const goldenVectors: Float32Array = clusteredVectors(400, goldenDimensions, 2026);
export const goldenOwners: readonly number[] = Array.from({ length: 400 }, (_, row) =>
  Math.floor(row / 3),
);
