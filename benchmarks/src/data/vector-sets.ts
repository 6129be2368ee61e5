import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";

import { clusteredVectors, stressClusters } from "../synthetic/clustered-vectors.ts";
import { shuffled } from "../synthetic/random.ts";
import { flatSearch } from "../workers/flat-search.ts";
import { readVectors, rowsOf, writeVectors } from "../workers/vectors-file.ts";
import type { Corpus } from "./corpus.ts";

/** Vectors to index and vectors to ask for, with what should be found. */
export interface VectorSet {
  readonly name: string;
  readonly dimensions: number;
  readonly base: { readonly path: string; readonly rows: number };
  readonly queries: { readonly path: string; readonly rows: number };
  /** Ids by exact f32 search, `k` a query. */
  readonly truth: Int32Array;
  readonly k: number;
}

/** Neighbours that every search asks for. */
export const neighbours = 10;

/**
 * Every chunk of a corpus embedded by ours, row after row in its order; kept in `target`. What was
 * embedded when it is stopped is kept too.
 */
export async function embedCorpus(
  corpus: Corpus,
  target: string,
  say: (text: string) => void,
): Promise<{ readonly path: string; readonly rows: number }> {
  const key = `${corpus.digest.slice(0, 12)}-${modelManifest.spaceId.slice(7, 19)}`;
  const file = path.join(target, `corpus-${key}.f32`);
  if (!existsSync(file)) {
    mkdirSync(target, { recursive: true });
    const part = `${file}.part`;
    const rowBytes = modelManifest.dimensions * 4;
    const done = existsSync(part) ? Math.floor(statSync(part).size / rowBytes) : 0;
    const texts = readInputs(corpus).slice(done);
    const minutes = Math.ceil(texts.length / 80 / 60);
    say(`embedding ${texts.length} chunks once (about ${minutes} minutes)`);
    const out = openSync(part, "a");
    ftruncateSync(out, done * rowBytes);
    const embedder = await openEmbedder();
    try {
      for (let start = 0; start < texts.length; start += 500) {
        const vectors = await embedder.embed(texts.slice(start, start + 500));
        writeSync(out, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
      }
    } finally {
      await embedder.close();
      closeSync(out);
    }
    readVectors(part, modelManifest.dimensions, corpus.chunks);
    renameSync(part, file);
  }
  return { path: file, rows: corpus.chunks };
}

/** What each chunk of a corpus is embedded from, in order. */
export function readInputs(corpus: Corpus): readonly string[] {
  const lines = readFileSync(corpus.chunksFile, "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { readonly input: string }).input);
}

/** `queries` held-out chunks, and `rows` others as base, both in an order that the seed fixes. */
export function realSet(
  vectors: { readonly path: string; readonly rows: number },
  rows: number,
  queries: number,
  seed: number,
): VectorSet {
  const { dimensions } = stressClusters;
  const kept = Math.min(rows, vectors.rows - queries);
  const stem = `${vectors.path}-${kept}-${queries}-${seed}`;
  return makeSet(`real-${kept}`, stem, kept, queries, () => {
    const all = rowsOf(readVectors(vectors.path, dimensions, vectors.rows), dimensions);
    const order = shuffled(all, seed);
    return {
      base: flatten(order.slice(queries, queries + kept)),
      queries: flatten(order.slice(0, queries)),
    };
  });
}

/** The clustered stress set. */
export function stressSet(rows: number, queries: number, target: string): VectorSet {
  mkdirSync(target, { recursive: true });
  const { seed, spread, centres } = stressClusters;
  const stem = path.join(target, `stress-${rows}-${queries}-${seed}-${centres}-${spread}`);
  return makeSet(`stress-${rows}`, stem, rows, queries, () => ({
    base: clusteredVectors(stressClusters, rows, 0),
    queries: clusteredVectors(stressClusters, queries, 1),
  }));
}

function makeSet(
  name: string,
  stem: string,
  rows: number,
  queries: number,
  make: () => { readonly base: Float32Array; readonly queries: Float32Array },
): VectorSet {
  const { dimensions } = stressClusters;
  const [base, asked, truthFile] = [`${stem}.base.f32`, `${stem}.queries.f32`, `${stem}.truth`];
  if (!existsSync(truthFile)) {
    const made = make();
    writeVectors(base, made.base);
    writeVectors(asked, made.queries);
    const found = rowsOf(made.queries, dimensions).flatMap((query) => [
      ...flatSearch(made.base, dimensions, query, neighbours),
    ]);
    writeFileSync(`${truthFile}.tmp`, Buffer.from(Int32Array.from(found).buffer));
    renameSync(`${truthFile}.tmp`, truthFile);
  }
  return {
    name,
    dimensions,
    base: { path: base, rows },
    queries: { path: asked, rows: queries },
    truth: readIds(truthFile),
    k: neighbours,
  };
}

/** Ids as a worker leaves them. */
export function readIds(file: string): Int32Array {
  const bytes = readFileSync(file);
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function flatten(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, place) => values.set(row, place * width));
  return values;
}
