import path from "node:path";

import { pythonWithPeers, runOrThrow } from "../../../scripts/real/cold-query/peers.ts";
import { peersVariable } from "../workers/load-peer.ts";
import type { WorkerStart } from "../workers/start-worker.ts";
import { nodeWorker } from "../workers/start-worker.ts";
import { minilmOnnx } from "./minilm-onnx.ts";
import { installFromLock } from "./npm-peers.ts";

/** Where the peers are. What cannot be set up throws when it is asked for, and only its rows miss it. */
export interface Peers {
  readonly python: string;
  readonly npm: string;
  /** The executable script of qmd. */
  readonly qmd: string;
  /** The model folder for the JavaScript libraries. */
  readonly model: string;
  /** A peer of `peers/` that is a module for Node. */
  node(module: string): WorkerStart;
  /** A peer of `peers/` that is a Python module. */
  pythonWorker(module: string): WorkerStart;
}

/** Sets up each peer when it is first asked for. */
export function setUpPeers(root: string): Peers {
  const benchmarks = path.join(root, "benchmarks");
  const python = once(() => pythonWithPeers(root));
  // Only this one needs a compiler: without, it alone is missing.
  const compiled = once(() => {
    const list = path.join(benchmarks, "peers/requirements-compiled.txt");
    runOrThrow(python(), ["-m", "pip", "install", "--quiet", "-r", list]);
    return python();
  });
  const npm = once(() => installFromLock(benchmarks, "npm-peers", ["hnswlib-node"]));
  const qmd = once(() =>
    path.join(
      installFromLock(path.join(benchmarks, "qmd"), "qmd", []),
      "node_modules/@tobilu/qmd/bin/qmd",
    ),
  );
  const model = once(() => minilmOnnx(python(), path.join(benchmarks, "peers/export_minilm.py")));
  return {
    get python() {
      return python();
    },
    get npm() {
      return npm();
    },
    get qmd() {
      return qmd();
    },
    get model() {
      return model();
    },
    node: (module) =>
      nodeWorker(module, { [peersVariable]: npm(), LANCE_LOG: "error", RUST_LOG: "error" }),
    pythonWorker: (module) => ({
      command: module === "search_hnswlib" ? compiled() : python(),
      args: [path.join(benchmarks, "peers/worker.py"), module],
      // rag.py turns it off to be quiet; on is faster.
      environment: { TOKENIZERS_PARALLELISM: "true" },
      requestMinutes: 90,
    }),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
