import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { startWorker } from "../workers/start-worker.ts";
import type { Bench } from "./row.ts";

/**
 * The index of rag.py over `copies` of the corpus, written from the vectors that are known: what is in
 * them changes nothing about the time or memory of a flat search.
 */
export async function ragIndex(bench: Bench, copies: number): Promise<string> {
  const corpus = await bench.corpus();
  const vectors = await bench.corpusVectors();
  const folder = path.join(bench.cache, `rag-${corpus.digest.slice(0, 12)}-x${copies}`);
  if (!existsSync(path.join(folder, "done"))) {
    mkdirSync(folder, { recursive: true });
    const worker = startWorker(bench.peers.pythonWorker("embed_sentence_transformers"));
    await worker.request("flatIndex", { vectors, dimensions: 384, copies, folder });
    await worker.close();
    const passages = path.join(folder, "passages.jsonl");
    if (!existsSync(passages)) {
      symlinkSync(corpus.chunksFile, passages);
    }
    writeFileSync(path.join(folder, "done"), "");
  }
  return folder;
}
