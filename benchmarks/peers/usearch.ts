import { loadPeer } from "../src/workers/load-peer.ts";
import type { SearchPeer, Setting } from "../src/workers/peer-contract.ts";

interface Matches {
  readonly keys: BigUint64Array;
}
interface Index {
  add(keys: BigUint64Array, vectors: Float32Array[], threads: number): void;
  search(query: Float32Array, k: number, threads: number): Matches;
  search(queries: readonly Float32Array[], k: number, threads: number): BatchMatches;
  save(file: string): void;
  view(file: string): void;
}
interface BatchMatches {
  get(query: number): Matches;
}

const parameters = "https://github.com/unum-cloud/usearch#usage";
export const degree: Setting<number> = { best: 16, tried: [8, 16, 24, 32], page: parameters };
export const construction: Setting<number> = {
  best: 200,
  tried: [128, 200, 400],
  page: parameters,
};
/**
 * f16 is its own choice; bf16 is faster where the processor has instructions for it, so both are measured. i8 has no
 * rescoring and stops at a recall of about .956.
 */
export const scalar: Setting<string> = {
  best: "f16",
  tried: ["f32", "f16", "bf16", "i8"],
  page: "https://github.com/unum-cloud/usearch#quantization-on-the-fly-and-f16-precision",
};

function create(
  variant: string,
  dimensions: number,
  m: number,
  add: number,
  search: number,
): Index {
  // Loaded when it is used: the settings are read without it.
  const library = loadPeer("usearch") as {
    readonly Index: new (options: Record<string, unknown>) => Index;
  };
  return new library.Index({
    dimensions,
    metric: "ip",
    quantization: variant,
    connectivity: m,
    expansion_add: add,
    expansion_search: search,
    multi: false,
  });
}

/** `view` maps the file, its fastest way to open one; ef can be set only when an index is made. */
export const peer: SearchPeer = {
  kind: "search",
  async build({ variant, vectors, dimensions, degree: m, construction: ef, threads, file, timed }) {
    const index = create(variant, dimensions, m, ef, 64);
    const rows = Array.from({ length: vectors.length / dimensions }, (_, row) =>
      vectors.subarray(row * dimensions, (row + 1) * dimensions),
    );
    const keys = BigUint64Array.from(rows, (_, row) => BigInt(row));
    await timed(() => index.add(keys, rows, threads));
    index.save(file);
  },
  open({ variant, file, dimensions, ef }) {
    const index = create(variant, dimensions, degree.best, construction.best, ef);
    index.view(file);
    return {
      prepare: (query) => query,
      search: (query, k) => index.search(query as Float32Array, k, 1),
      idsOf: (result) => (result as Matches).keys,
      batch: (queries, k, threads) => {
        const found = index.search(queries, k, threads);
        return queries.map((_, query) => found.get(query));
      },
      close: () => undefined,
    };
  },
};
