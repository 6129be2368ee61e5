import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Where the worker's program is: `worker.ts` beside this file in source, `embedder-worker.js` beside the
 * built file. An application that bundles this package has to build `@clawkeep/embedder/worker` under
 * that name beside its own bundle, or to say where it is.
 *
 * @throws CodedError `EMBEDDER_WORKER_MISSING`.
 */
export function workerEntry(chosen: URL | undefined): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry =
    chosen ?? new URL(fromSource ? "./worker.ts" : "./embedder-worker.js", import.meta.url);
  if (entry.protocol === "file:" && !existsSync(entry)) {
    throw new CodedError({
      code: "EMBEDDER_WORKER_MISSING",
      message: `expected the embedding worker at ${fileURLToPath(entry)}, found none`,
      hint: "build @clawkeep/embedder/worker there, pass workerEntry, or use workers: 0",
    });
  }
  return entry;
}
