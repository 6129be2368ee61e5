import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import type { Embedder } from "@clawkeep/embedder";
import { openEmbedder } from "@clawkeep/embedder";
import { modelFolder } from "@clawkeep/model-minilm";

const dimensions = 384;
const keyBytes = 8;
const rowBytes = keyBytes + 4 + dimensions;

/** The real model, which need not embed what is known. */
export interface KnowingEmbedder extends Embedder {
  /** Texts that the file had, and those that it had not, as they were asked for. */
  readonly recalled: readonly string[];
  readonly unknown: readonly string[];
  /** Embeds whatever the file says. */
  afresh(texts: readonly string[]): Promise<Float32Array>;
  /** Writes everything that was known or embedded. */
  keep(): void;
}

/**
 * Opens the model with vectors of a file: a fixed corpus is indexed in a second instead of twenty. A row
 * is the first bytes of the text's SHA-256, a scale, and a byte a dimension: as much as an index keeps. A
 * text that the file does not have is embedded, so a change of the chunker costs time, not truth.
 */
export async function openKnowing(file: string): Promise<KnowingEmbedder> {
  // The one that runs everywhere: what was kept is compared with it to the third digit.
  const model = await openEmbedder({ workers: 0, folder: modelFolder(), encoder: "onnx" });
  const rows = new Map<string, Buffer>();
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  for (let at = 0; at + rowBytes <= bytes.length; at += rowBytes) {
    const row = bytes.subarray(at, at + rowBytes);
    rows.set(row.toString("hex", 0, keyBytes), row);
  }
  const unknown: string[] = [];
  const recalled: string[] = [];
  const known = (text: string): Float32Array | undefined => {
    const row = rows.get(keyOf(text).toString("hex"));
    return row === undefined ? undefined : vectorOf(row);
  };
  return {
    ...model,
    recalled,
    unknown,
    afresh: (texts) => model.embed(texts),
    async embed(texts, options) {
      const vectors = new Float32Array(texts.length * dimensions);
      for (const [place, text] of texts.entries()) {
        let vector = known(text);
        if (vector === undefined) {
          vector = await model.embed([text], options);
          unknown.push(text);
          rows.set(keyOf(text).toString("hex"), rowOf(text, vector));
        } else {
          recalled.push(text);
        }
        vectors.set(vector, place * dimensions);
      }
      return vectors;
    },
    keep: () => {
      writeFileSync(file, Buffer.concat([...rows.values()].sort((a, b) => a.compare(b))));
    },
    close: () => model.close(),
  };
}

function keyOf(text: string): Buffer {
  return createHash("sha256").update(text).digest().subarray(0, keyBytes);
}

function rowOf(text: string, vector: Float32Array): Buffer {
  const row = Buffer.alloc(rowBytes);
  keyOf(text).copy(row);
  const scale = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  row.writeFloatLE(scale, keyBytes);
  vector.forEach((value, place) => row.writeInt8(Math.round(value / scale), keyBytes + 4 + place));
  return row;
}

function vectorOf(row: Buffer): Float32Array {
  const values = Float32Array.from({ length: dimensions }, (_, place) =>
    row.readInt8(keyBytes + 4 + place),
  );
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
