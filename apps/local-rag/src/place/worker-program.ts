import { existsSync, realpathSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { WorkerProgram } from "@clawkeep/retrieval-server";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { levelAllocator, levelHeap } from "../governor/level-process.ts";
import { modelPlace, registryPlace } from "./index-place.ts";
import { mainProgram } from "./release.ts";
import type { ServedIndex } from "./served-index.ts";
import { workerThreads } from "./worker-threads.ts";

/**
 * What the confined end runs and reads: this program, its engine for embeddings, the model, the index and
 * the registry. From its sources the program is the whole checkout.
 */
export function workerProgram(options: RawOptions, served: ServedIndex): WorkerProgram {
  const model = modelPlace(options);
  const folder = path.dirname(mainProgram);
  const reads = [
    ...(mainProgram.endsWith(".ts")
      ? [{ source: path.resolve(folder, "../../..") }]
      : [
          { source: folder },
          { source: path.join(path.dirname(folder), "package.json") },
          installed(folder, "onnxruntime-node"),
        ]),
    { source: model },
    ...served.folders.map((source) => ({ source })),
    { source: registryPlace(options) },
    { source: process.execPath },
  ];
  const flags = served.flags.includes("--model")
    ? served.flags
    : [...served.flags, "--model", model];
  return {
    executable: realpathSync(process.execPath),
    argv: [
      ...process.execArgv,
      // It makes 170 MB a second under load, and with 2 MB it took 20 of them into its old space.
      ...levelHeap(8),
      ...[mainProgram, "serve-worker", ...flags],
      ...["--workers", String(workerThreads(options))],
    ],
    environment: levelAllocator,
    reads: distinct(reads),
    unconfined: options.flags.has("unconfined"),
  };
}

/** A package where Node finds it from here: the link that leads to it, and the folder itself. */
function installed(
  from: string,
  name: string,
): { readonly source: string; readonly seenAs: string } {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const place = path.join(folder, "node_modules", name);
    if (existsSync(place)) return { source: place, seenAs: place };
    if (path.dirname(folder) === folder) {
      throw new CodedError({
        code: "SERVE_PROGRAM",
        message: `expected the package ${name} beside ${from}, found none`,
        hint: "Install local-rag again.",
      });
    }
  }
}

/** Links resolved; without what is absent, what every sandbox has, and what lies in another one. */
function distinct(reads: WorkerProgram["reads"]): WorkerProgram["reads"] {
  const resolved = reads
    .filter(({ source }) => existsSync(source))
    .map(({ source, seenAs }) => ({
      source: realpathSync(source),
      seenAs: seenAs ?? realpathSync(source),
    }))
    .filter(({ seenAs }) => !/^\/(?:usr|bin|sbin|lib|lib64)\//u.test(seenAs));
  return resolved.filter(
    ({ seenAs }, place) =>
      !resolved.some(
        (other, at) =>
          seenAs.startsWith(`${other.seenAs}/`) || (seenAs === other.seenAs && at < place),
      ),
  );
}
