/** A small generator of our own, so that fixtures are the same on every engine and version. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Unit vectors around centres, about twenty to a centre: what text embeddings look like to an index.
 * Sums of uniform numbers stand for normal ones, because they are the same on every machine.
 */
export function clusteredVectors(count: number, dimensions: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  const normal = (): number => random() + random() + random() + random() - 2;
  const centres = Array.from({ length: Math.ceil(count / 20) }, () =>
    Array.from({ length: dimensions }, normal),
  );
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) {
    const centre = centres[Math.floor(random() * centres.length)] ?? [];
    const values = centre.map((value) => value + 0.6 * normal());
    vectors.set(unit(values), row * dimensions);
  }
  return vectors;
}

/** `values` scaled to length 1. */
export function unit(values: readonly number[]): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(values, (value) => value / length);
}

/** Row `index` of `vectors`. */
export function rowOf(vectors: Float32Array, dimensions: number, index: number): Float32Array {
  return vectors.slice(index * dimensions, (index + 1) * dimensions);
}
