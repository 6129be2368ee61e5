import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Embedder } from "@clawkeep/embedder";

import type { IndexModel } from "./index-run.ts";

const dimensions = 64;

/** What a stand-in model was asked to do. */
export interface StandInModel extends IndexModel {
  readonly embedded: string[];
  readonly opened: () => number;
}

/**
 * A model without weights: each word has a fixed pseudo-random direction, a text is the normalised
 * sum of its words. So texts that share words are near, and the same text has the same bytes.
 */
export function standInModel(
  spaceId: string = "space-one",
  buildId: string = "build",
): StandInModel {
  const embedded: string[] = [];
  let opened = 0;
  const open = (): Promise<Embedder> => {
    opened += 1;
    return Promise.resolve({
      spaceId,
      buildId,
      dimensions,
      maxTokens: 64,
      sessions: 2,
      wordPiece: {
        count: (text: string): number => wordsOf(text).length,
        encode: (): Int32Array => new Int32Array(),
        size: 0,
      },
      embed: (texts: readonly string[]): Promise<Float32Array> => {
        embedded.push(...texts);
        const vectors = new Float32Array(texts.length * dimensions);
        texts.forEach((text, index) => vectors.set(standInVector(text), index * dimensions));
        return Promise.resolve(vectors);
      },
      close: () => Promise.resolve(),
    });
  };
  return { spaceId, open, embedded, opened: () => opened };
}

/** The stand-in's vector of a text. */
export function standInVector(text: string): Float32Array {
  const sum = new Float64Array(dimensions);
  for (const word of ["", ...wordsOf(text.toLowerCase())]) {
    const bytes = createHash("sha512").update(word).digest();
    for (let index = 0; index < dimensions; index += 1) {
      sum[index] = (sum[index] ?? 0) + ((bytes[index] ?? 0) - 127.5);
    }
  }
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / length);
}

/** Embeds a query as `answerQuery` wants it. */
export function embedQuery(text: string): Promise<Float32Array> {
  return Promise.resolve(standInVector(text));
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Three places apart: a workspace, an index folder, a registry. Removed when disposed. */
export interface Places {
  readonly base: string;
  readonly workspace: string;
  readonly folder: string;
  readonly registry: string;
  /** Writes a file of the workspace whose times are an hour old. */
  readonly write: (file: string, text: string) => void;
  [Symbol.dispose](): void;
}

/** New empty places below the system's folder for temporary files. */
export function temporaryPlaces(): Places {
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-retrieval-"));
  const workspace = path.join(base, "workspace");
  mkdirSync(workspace);
  return {
    base,
    workspace,
    folder: path.join(workspace, ".clawkeep", "index"),
    registry: path.join(base, "home", "indexes"),
    write: (file, text) => {
      const full = path.join(workspace, file);
      mkdirSync(path.dirname(full), { recursive: true });
      writeFileSync(full, text);
      utimesSync(full, 1_700_000_000, 1_700_000_000);
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}
