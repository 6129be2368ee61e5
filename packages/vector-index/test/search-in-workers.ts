import { copyFileSync, truncateSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";

import { openSegment } from "@clawkeep/segment";

import { openVectorIndex } from "../src/index.ts";

/**
 * `search-in-workers.ts SEGMENT`: maps a copy of the segment in a worker that ends, in another one, and
 * then here, cuts each short, and prints how each search went. The worker is the first to load the
 * engine, and Node unloads what only a worker loaded.
 */
function searchCutFile(path: string, name: string): void {
  const copy = `${path}.${name}`;
  copyFileSync(path, copy);
  using segment = openSegment(copy);
  const index = openVectorIndex(segment, { engine: "native", memory: "map" });
  const query = new Float32Array(index.dimensions);
  query[0] = 1;
  index.search(query, 10);
  truncateSync(copy, 4096);
  try {
    index.search(query, 10);
    process.stdout.write(`${name}: an answer\n`);
  } catch (error) {
    process.stdout.write(`${name}: ${(error as { code?: string }).code ?? String(error)}\n`);
  }
}

if (isMainThread) {
  const path = process.argv[2] ?? "";
  for (const name of ["first worker", "second worker"]) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { path, name } });
    await new Promise((resolve) => worker.on("exit", resolve));
  }
  searchCutFile(path, "main");
  process.on("SIGBUS", () => undefined);
  searchCutFile(path, "main, after another handler");
} else {
  const { path, name } = workerData as { path: string; name: string };
  searchCutFile(path, name);
}
