import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import {
  chunkDocument,
  chunkerId,
  embeddingInput,
  readDocument,
  walkFolder,
} from "@clawkeep/documents";
import { loadWordPiece } from "@clawkeep/embedder";
import { modelFolder, modelManifest } from "@clawkeep/model-minilm";

import { shuffled } from "../synthetic/random.ts";

/** The same passages in both forms: a folder of files for ours, a file of chunks for the peers. */
export interface Corpus {
  readonly folder: string;
  /** One JSON object a line: `source`, `text`, and `input`, which is what everybody embeds. */
  readonly chunksFile: string;
  readonly files: number;
  readonly chunks: number;
  /** SHA-256 of the file of chunks. */
  readonly digest: string;
}

/** One file with its chunks, as lines of the file of chunks. */
interface ChunkedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly lines: readonly string[];
}

/** Which chunks of a folder of documents make a corpus. */
export interface CorpusChoice {
  readonly name: string;
  /** Chunks wanted: whole files in an order that the seed fixes, as long as they fit. All without. */
  readonly chunks?: number;
  readonly seed: number;
}

/** Lays out a corpus in `target`, once for each choice and chunker. */
export async function layOutCorpus(
  documents: string,
  choice: CorpusChoice,
  target: string,
): Promise<Corpus> {
  const key = createHash("sha256")
    .update(JSON.stringify([choice, chunkerId, modelManifest.spaceId]))
    .digest("hex");
  const place = path.join(target, `${choice.name}-${key.slice(0, 12)}`);
  const about = path.join(place, "corpus.json");
  if (!existsSync(about)) {
    const temporary = `${place}.tmp`;
    rmSync(temporary, { recursive: true, force: true });
    rmSync(place, { recursive: true, force: true });
    const all = await chunkFiles(documents);
    const files = choice.chunks === undefined ? all : fitting(all, choice.chunks, choice.seed);
    const figures = write(files, temporary);
    writeFileSync(path.join(temporary, "corpus.json"), JSON.stringify(figures));
    renameSync(temporary, place);
  }
  const figures = JSON.parse(readFileSync(about, "utf8")) as Pick<
    Corpus,
    "files" | "chunks" | "digest"
  >;
  const chunksFile = path.join(place, "chunks.jsonl");
  return { folder: path.join(place, "files"), chunksFile, ...figures };
}

/**
 * Items in the order of a seeded shuffle whose sizes sum to at most `total`; one that does not fit is
 * skipped, so that small ones fill what is left.
 */
export function fitting<T extends { readonly lines: readonly unknown[] }>(
  items: readonly T[],
  total: number,
  seed: number,
): readonly T[] {
  let left = total;
  return shuffled(items, seed).filter(({ lines }) => {
    const fits = lines.length <= left && lines.length > 0;
    left -= fits ? lines.length : 0;
    return fits;
  });
}

async function chunkFiles(documents: string): Promise<readonly ChunkedFile[]> {
  const vocabulary = readFileSync(path.join(modelFolder(), modelManifest.files.vocabulary.path));
  const tokenizer = loadWordPiece(vocabulary);
  const budget = {
    countTokens: (text: string) => tokenizer.count(text),
    maxTokens: modelManifest.maxTokens,
  };
  const files: ChunkedFile[] = [];
  for await (const entry of walkFolder(documents, { accept: (name) => name.endsWith(".md") })) {
    const document =
      entry.kind === "file" ? readDocument(entry.path, entry.bytes).document : undefined;
    if (entry.kind === "file" && document !== undefined) {
      const lines = chunkDocument(document, budget).map((chunk) =>
        JSON.stringify({
          source: `${entry.path}:${chunk.lineStart}-${chunk.lineEnd}`,
          text: chunk.text,
          input: embeddingInput(chunk),
        }),
      );
      files.push({ path: entry.path, bytes: entry.bytes, lines });
    }
  }
  return files;
}

function write(
  files: readonly ChunkedFile[],
  target: string,
): Pick<Corpus, "files" | "chunks" | "digest"> {
  for (const file of files) {
    const copy = path.join(target, "files", file.path);
    mkdirSync(path.dirname(copy), { recursive: true });
    writeFileSync(copy, file.bytes);
  }
  const lines = files.flatMap((file) => file.lines);
  const text = `${lines.join("\n")}\n`;
  writeFileSync(path.join(target, "chunks.jsonl"), text);
  const digest = createHash("sha256").update(text).digest("hex");
  return { files: files.length, chunks: lines.length, digest };
}
