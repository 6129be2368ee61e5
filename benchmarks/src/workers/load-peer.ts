import { createRequire } from "node:module";
import path from "node:path";

/** Names the folder whose `node_modules` has the peers, in a worker's environment. */
export const peersVariable = "CLAWKEEP_BENCH_PEERS";

/**
 * A peer's package out of the cache, where it was installed from the lockfile beside `package.json`.
 * What is expected of it is declared by the file that asks.
 */
export function loadPeer(name: string): unknown {
  const folder = process.env[peersVariable];
  if (folder === undefined) {
    throw new Error(`expected ${peersVariable} to name the folder of the peers`);
  }
  return createRequire(path.join(folder, "package.json"))(name);
}
