import { openEmbedder } from "@clawkeep/embedder";
import { residentIndex, serveWorker } from "@clawkeep/retrieval-server";

import { commands } from "./arguments/command-table.ts";
import { parseFlags } from "./arguments/parse-flags.ts";
import { indexPlace, modelPlace, trustOf } from "./place/index-place.ts";

/** The confined end of `local-rag serve`: started by it, and by nobody else. */
export async function runWorker(args: readonly string[]): Promise<number> {
  const options = parseFlags(commands.serve, args);
  const embedder = await openEmbedder({ workers: 0, folder: modelPlace(options) });
  const index = residentIndex(indexPlace(options, process.cwd()), trustOf(options), embedder);
  await serveWorker(process.stdin, process.stdout, index);
  return 0;
}
