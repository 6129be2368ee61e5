import { openEmbedder } from "@clawkeep/embedder";
import { residentIndex, serveWorker } from "@clawkeep/retrieval-server";

import { commands } from "./arguments/command-table.ts";
import { integerOf, parseFlags } from "./arguments/parse-flags.ts";
import { keepHeapLevel } from "./governor/small-heap.ts";
import { modelPlace } from "./place/index-place.ts";
import { indexPlaces } from "./place/index-places.ts";
import { mostWorkers } from "./place/worker-threads.ts";

/** The confined end of `local-rag serve`: started by it, and by nobody else. */
export async function runWorker(args: readonly string[]): Promise<number> {
  keepHeapLevel();
  const options = parseFlags(commands.serve, args);
  // None of its own for questions alone: a thread is 40 MB, and one question is one text.
  const workers = integerOf(commands.serve, options, "workers", { from: 0, to: mostWorkers }) ?? 0;
  const embedder = await openEmbedder({ workers, helper: true, folder: modelPlace(options) });
  const index = residentIndex(indexPlaces(options, process.cwd()), embedder);
  await serveWorker(process.stdin, process.stdout, index);
  return 0;
}
