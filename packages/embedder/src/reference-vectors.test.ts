import { readFileSync } from "node:fs";
import { dirname } from "node:path";

import { expect, test } from "vitest";
import { z } from "zod";

import { openEmbedder } from "./open-embedder.ts";
import { openSession } from "./session/session.ts";

/** Texts with the vectors of sentence-transformers, float32. */
const references = readFileSync(
  new URL("../fixtures/reference-vectors-v1.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => z.strictObject({ text: z.string(), vector: z.base64() }).parse(JSON.parse(line)))
  .map(({ text, vector }) => ({
    text,
    vector: new Float32Array(Uint8Array.from(Buffer.from(vector, "base64")).buffer),
  }));

function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}

test.each(["auto", "onnx"] as const)(
  "the int8 model stays near the original: cosine 0.99 in the mean, 0.975 at the least: %s",
  async (encoder) => {
    const embedder = await openEmbedder({ workers: 0, encoder });
    const vectors = await embedder.embed(references.map(({ text }) => text));
    await embedder.close();
    const cosines = references.map(({ vector }, row) =>
      cosine(vectors.subarray(row * 384, (row + 1) * 384), vector),
    );
    expect(cosines.length).toBeGreaterThan(40);
    expect(cosines.reduce((sum, value) => sum + value) / cosines.length).toBeGreaterThan(0.99);
    expect(Math.min(...cosines)).toBeGreaterThan(0.975);
  },
);

// Made by `pnpm build-model --fp32 PATH`, where Python is present.
const fp32 = process.env["CLAWKEEP_FP32_MODEL"];
test.skipIf(fp32 === undefined)(
  "the graph without quantisation is the original (skipped unless CLAWKEEP_FP32_MODEL names it)",
  async () => {
    const path = fp32 ?? "";
    const embedder = await openEmbedder({ workers: 0 });
    const session = openSession({
      graph: readFileSync(path),
      folder: dirname(path),
      dimensions: 384,
      maxTokens: 256,
      vocabularySize: embedder.wordPiece.size,
      weights: "",
      oneText: false,
      addon: undefined,
    });
    for (const { text, vector } of references) {
      const own = session.run(embedder.wordPiece.encode(text, 256));
      const difference = own.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - (vector[index] ?? 0))),
        0,
      );
      expect(difference).toBeLessThan(1e-5);
    }
    session.close();
    await embedder.close();
  },
);
