import { DatabaseSync } from "node:sqlite";

import { loadPeer } from "../src/workers/load-peer.ts";
import type { SearchPeer } from "../src/workers/peer-contract.ts";

const sqliteVec = loadPeer("sqlite-vec") as { readonly getLoadablePath: () => string };

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { allowExtension: true });
  database.loadExtension(sqliteVec.getLoadablePath());
  return database;
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** A scan over `vec0`, the only search it has: https://alexgarcia.xyz/sqlite-vec/features/knn.html */
export const peer: SearchPeer = {
  kind: "search",
  async build({ vectors, dimensions, file, timed }) {
    const database = open(file);
    database.exec(`create virtual table rows using vec0(vector float[${dimensions}])`);
    const insert = database.prepare("insert into rows(rowid, vector) values (?, ?)");
    await timed(() => {
      database.exec("begin");
      for (let row = 0; row < vectors.length / dimensions; row += 1) {
        const values = vectors.subarray(row * dimensions, (row + 1) * dimensions);
        insert.run(BigInt(row + 1), bytesOf(values));
      }
      database.exec("commit");
    });
    database.close();
  },
  open({ file }) {
    const database = open(file);
    const select = database.prepare(
      "select rowid from rows where vector match ? and k = ? order by distance",
    );
    return {
      prepare: bytesOf,
      search: (query, k) => select.all(query as Uint8Array, k),
      idsOf: (result) =>
        (result as readonly { readonly rowid: number }[]).map(({ rowid }) => rowid - 1),
      close: () => database.close(),
    };
  },
};
