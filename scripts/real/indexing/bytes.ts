import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import { chunkDocument, embeddingInput, readDocument, walkFolder } from "@clawkeep/documents";
import type { Embedder } from "@clawkeep/embedder";
import { loadWordPiece, openEmbedder } from "@clawkeep/embedder";
import { modelFolder, modelManifest } from "@clawkeep/model-minilm";

import { openclawDocuments } from "../cold-query/peers.ts";

/**
 * Whether a text has the same bytes whatever company it keeps: 10,000 chunks of the OpenClaw
 * documentation, most of them cut short so that this ends, each embedded alone in this thread, and then
 * in batches of any size, in any order, in calls that overlap, on one, two and three threads, and in the
 * form for one text. `CLAWKEEP_SEED` makes the same choices again.
 */
const wanted = 10_000;
const seed = Number(process.env["CLAWKEEP_SEED"] ?? Date.now() % 1_000_000);

async function main(): Promise<number> {
  const random = randomNumbers(seed);
  const texts = await readTexts(random);
  process.stdout.write(`${texts.length} texts, seed ${seed}\n`);
  const expected = await withEmbedder({ workers: 0 }, async (embedder) => {
    const digests: string[] = [];
    for (const text of texts) {
      digests.push(...digestsOf(await embedder.embed([text]), 1));
    }
    return digests;
  });
  let different = 0;
  const forms = [{ workers: 1 }, { workers: 2 }, { workers: 3 }, { workers: 0, oneText: true }];
  for (const form of forms) {
    const order = shuffled(texts.length, random);
    const found = await withEmbedder(form, (embedder) => inBatches(embedder, texts, order, random));
    const wrong = order.filter((place) => found.get(place) !== expected[place]);
    process.stdout.write(`${JSON.stringify(form)}: ${wrong.length} of ${order.length} differ\n`);
    for (const place of wrong.slice(0, 3)) {
      process.stdout.write(`  ${JSON.stringify(texts[place]?.slice(0, 80))}\n`);
    }
    different += wrong.length + (found.size === texts.length ? 0 : 1);
  }
  return different === 0 ? 0 : 1;
}

/** Four calls under way at any time, of 1 to 64 texts. */
async function inBatches(
  embedder: Embedder,
  texts: readonly string[],
  order: readonly number[],
  random: () => number,
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < order.length) {
      const places = order.slice(next, next + 1 + Math.floor(random() * 64));
      next += places.length;
      const rows = await embedder.embed(places.map((place) => texts[place] ?? ""));
      digestsOf(rows, places.length).forEach((digest, index) => {
        found.set(places[index] ?? -1, digest);
      });
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return found;
}

async function readTexts(random: () => number): Promise<readonly string[]> {
  const vocabulary = path.join(modelFolder(), modelManifest.files.vocabulary.path);
  const wordPiece = loadWordPiece(readFileSync(vocabulary));
  const { maxTokens } = modelManifest;
  const budget = { countTokens: (text: string): number => wordPiece.count(text), maxTokens };
  const texts: string[] = [];
  for await (const entry of walkFolder(openclawDocuments())) {
    const read = entry.kind === "file" ? readDocument(entry.path, entry.bytes) : undefined;
    if (read?.document === undefined) {
      continue;
    }
    for (const chunk of chunkDocument(read.document, budget)) {
      const input = embeddingInput(chunk);
      // One in fifty whole; the others from anywhere in the chunk.
      const start = Math.floor(random() * input.length);
      const length = 1 + Math.floor(random() * 80);
      texts.push(random() < 0.02 ? input : input.slice(start, start + length));
      if (texts.length === wanted) {
        return texts;
      }
    }
  }
  throw new Error(`expected ${wanted} chunks, got ${texts.length}`);
}

async function withEmbedder<T>(
  form: { readonly workers: number; readonly oneText?: boolean },
  work: (embedder: Embedder) => Promise<T>,
): Promise<T> {
  const embedder = await openEmbedder(form);
  try {
    return await work(embedder);
  } finally {
    await embedder.close();
  }
}

function digestsOf(rows: Float32Array, count: number): readonly string[] {
  const { dimensions } = modelManifest;
  return Array.from({ length: count }, (_, row) => {
    const vector = rows.subarray(row * dimensions, (row + 1) * dimensions);
    return createHash("sha256").update(vector).digest("base64");
  });
}

function shuffled(count: number, random: () => number): readonly number[] {
  return Array.from({ length: count }, (_, place) => ({ place, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ place }) => place);
}

/** A linear congruential generator (Numerical Recipes): the same choices for the same seed. */
function randomNumbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

process.exitCode = await main();
