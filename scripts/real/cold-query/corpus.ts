import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Chunk } from "@clawkeep/documents";
import { chunkDocument, embeddingInput, readDocument, walkFolder } from "@clawkeep/documents";
import { loadWordPiece } from "@clawkeep/embedder";

/** The same passages for ours and for the peer: a folder of files, and a file of chunks. */
export interface Corpus {
  readonly folder: string;
  readonly chunksFile: string;
  readonly files: number;
  readonly chunks: number;
  /** Changes with any chunk; names what the peer's index was built from. */
  readonly digest: string;
}

/**
 * Lays out the first `limit` chunks of a folder of documents, in the order of the walker. The last file is
 * cut at the end of its last counted chunk.
 */
export async function layOutCorpus(
  documents: string,
  vocabulary: Uint8Array,
  maxTokens: number,
  target: string,
  limit: number,
): Promise<Corpus> {
  const folder = path.join(target, "files");
  const chunksFile = path.join(target, "chunks.jsonl");
  rmSync(folder, { recursive: true, force: true });
  const tokenizer = loadWordPiece(vocabulary);
  const budget = { countTokens: (text: string) => tokenizer.count(text), maxTokens };
  const lines: string[] = [];
  let files = 0;
  for await (const entry of walkFolder(documents, { accept: (name) => name.endsWith(".md") })) {
    if (entry.kind !== "file" || lines.length >= limit) {
      continue;
    }
    const { document } = readDocument(entry.path, entry.bytes);
    if (document === undefined) {
      continue;
    }
    const all = chunkDocument(document, budget);
    const kept = all.slice(0, limit - lines.length);
    const end = kept.length === all.length ? entry.bytes.length : (kept.at(-1)?.byteEnd ?? 0);
    const file = path.join(folder, entry.path);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, entry.bytes.subarray(0, end));
    lines.push(...kept.map((chunk) => line(entry.path, chunk)));
    files += 1;
  }
  const text = `${lines.join("\n")}\n`;
  writeFileSync(chunksFile, text);
  const digest = createHash("sha256").update(text).digest("hex");
  return { folder, chunksFile, files, chunks: lines.length, digest };
}

function line(source: string, chunk: Chunk): string {
  return JSON.stringify({
    source: `${source}:${chunk.lineStart}-${chunk.lineEnd}`,
    text: chunk.text,
    input: embeddingInput(chunk),
  });
}
