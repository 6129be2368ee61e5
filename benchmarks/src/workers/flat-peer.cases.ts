import { readFileSync, writeFileSync } from "node:fs";

import { flatSearch } from "./flat-search.ts";
import type { SearchPeer } from "./peer-contract.ts";

/** A peer for tests: a scan over the file as it is. `variant` "broken" cannot be built, "gone" ends. */
export const peer: SearchPeer = {
  kind: "search",
  async build({ variant, vectors, file, timed }) {
    if (variant === "broken") {
      throw new Error("this form cannot be built");
    }
    if (variant === "gone") {
      process.exit(7);
    }
    console.log("what a peer prints disturbs nobody");
    await timed(() => writeFileSync(file, new Uint8Array(vectors.buffer)));
  },
  open({ file, dimensions }) {
    const bytes = readFileSync(file);
    const vectors = new Float32Array(new Uint8Array(bytes).buffer);
    return {
      prepare: (query) => query,
      search: (query, k) =>
        Promise.resolve(flatSearch(vectors, dimensions, query as Float32Array, k)),
      idsOf: (result) => result as Int32Array,
      close: () => undefined,
    };
  },
};
