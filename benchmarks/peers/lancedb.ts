import { loadPeer } from "../src/workers/load-peer.ts";
import type { SearchPeer } from "../src/workers/peer-contract.ts";

interface Query {
  limit(k: number): Query;
  ef(ef: number): Query;
  select(columns: string[]): Query;
  toArray(): Promise<readonly { readonly id: number }[]>;
}
interface Table {
  createIndex(column: string, options: object): Promise<void>;
  vectorSearch(query: Float32Array): Query;
  close(): void;
}
interface Connection {
  createTable(name: string, rows: readonly object[]): Promise<Table>;
  openTable(name: string): Promise<Table>;
}
const lancedb = loadPeer("@lancedb/lancedb") as {
  connect(folder: string): Promise<Connection>;
  readonly Index: { hnswSq(options: object): unknown };
};

/** One partition, HNSW over 8-bit scalars: https://lancedb.github.io/lancedb/js/interfaces/HnswSqOptions/ */
export const peer: SearchPeer = {
  kind: "search",
  async build({ vectors, dimensions, degree, construction, file, timed }) {
    const connection = await lancedb.connect(file);
    const rows = Array.from({ length: vectors.length / dimensions }, (_, id) => ({
      id,
      vector: Array.from(vectors.subarray(id * dimensions, (id + 1) * dimensions)),
    }));
    const table = await timed(() => connection.createTable("rows", rows));
    const options = {
      distanceType: "dot",
      numPartitions: 1,
      m: degree,
      efConstruction: construction,
    };
    await timed(() => table.createIndex("vector", { config: lancedb.Index.hnswSq(options) }));
    table.close();
  },
  async open({ file, ef }) {
    const table = await (await lancedb.connect(file)).openTable("rows");
    return {
      prepare: (query) => query,
      search: (query, k) =>
        table
          .vectorSearch(query as Float32Array)
          .select(["id", "_distance"])
          .ef(ef)
          .limit(k)
          .toArray(),
      idsOf: (result) => (result as readonly { readonly id: number }[]).map(({ id }) => id),
      close: () => table.close(),
    };
  },
};
