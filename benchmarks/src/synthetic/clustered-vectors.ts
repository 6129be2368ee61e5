import type { Random } from "./random.ts";
import { seededRandom } from "./random.ts";

/** What fixes a set of clustered vectors. */
export interface Clusters {
  readonly dimensions: number;
  readonly centres: number;
  /** Directions in which the members of a cluster differ: the same for all clusters. */
  readonly directions: number;
  /** Length of the difference, against centres of length 1. */
  readonly spread: number;
  readonly seed: number;
}

/**
 * The stress set: clusters whose members differ in few directions. It tests size more than the length of
 * the candidate list: at 100,000 rows the rows looked at lie far apart in memory, while a list of 16
 * finds .95 of the neighbours (docs/decisions/0013).
 */
export const stressClusters: Clusters = {
  dimensions: 384,
  centres: 1500,
  directions: 48,
  spread: 0.7,
  seed: 20261121,
};

/**
 * Unit vectors of a clustered set, row after row. `stream` gives other members of the same clusters:
 * 0 for the rows of an index, 1 for the queries.
 */
export function clusteredVectors(clusters: Clusters, rows: number, stream: number): Float32Array {
  const { dimensions, centres, directions, spread, seed } = clusters;
  const fixed = seededRandom(seed);
  const centre = unitRows(fixed, centres, dimensions);
  const basis = unitRows(fixed, directions, dimensions);
  const random = seededRandom(seed + 7919 * (stream + 1));
  const vectors = new Float32Array(rows * dimensions);
  const row = new Float64Array(dimensions);
  const scale = spread / Math.sqrt(directions);
  for (let index = 0; index < rows; index += 1) {
    const start = random.below(centres) * dimensions;
    row.set(centre.subarray(start, start + dimensions));
    for (let direction = 0; direction < directions; direction += 1) {
      const weight = scale * random.normal();
      const from = direction * dimensions;
      for (let place = 0; place < dimensions; place += 1) {
        row[place] = (row[place] ?? 0) + weight * (basis[from + place] ?? 0);
      }
    }
    normalise(row);
    vectors.set(row, index * dimensions);
  }
  requireUnitRows(vectors, dimensions);
  return vectors;
}

/**
 * Says whether every row has length 1: a file read in another type has rows that have not.
 * @throws RangeError naming the first row that is none.
 */
export function requireUnitRows(vectors: Float32Array, dimensions: number): void {
  if (vectors.length === 0 || vectors.length % dimensions !== 0) {
    throw new RangeError(`expected rows of ${dimensions} values, got ${vectors.length} values`);
  }
  for (let start = 0; start < vectors.length; start += dimensions) {
    let sum = 0;
    for (let place = start; place < start + dimensions; place += 1) {
      sum += (vectors[place] ?? 0) ** 2;
    }
    if (!(Math.abs(Math.sqrt(sum) - 1) < 1e-3)) {
      throw new RangeError(`row ${start / dimensions} has length ${Math.sqrt(sum)}, expected 1`);
    }
  }
}

function unitRows(random: Random, rows: number, dimensions: number): Float64Array {
  const values = new Float64Array(rows * dimensions);
  for (let start = 0; start < values.length; start += dimensions) {
    const row = values.subarray(start, start + dimensions);
    row.forEach((_, place) => (row[place] = random.normal()));
    normalise(row);
  }
  return values;
}

function normalise(row: Float64Array): void {
  let sum = 0;
  for (const value of row) {
    sum += value * value;
  }
  const length = Math.sqrt(sum);
  row.forEach((value, place) => (row[place] = value / length));
}
