import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import { indexFolder } from "@clawkeep/retrieval";

import { readVectors } from "../workers/vectors-file.ts";
import type { Corpus } from "./corpus.ts";
import { readInputs } from "./vector-sets.ts";

/** An index of ours, and the state folder that trusts it. */
export interface OurIndex {
  readonly workspace: string;
  readonly folder: string;
  /** `$CLAWKEEP_HOME` of who asks it. */
  readonly home: string;
  readonly chunks: number;
}

/**
 * Indexes `copies` of a corpus with the vectors that are known already: the same index as `local-rag
 * index` makes, without embedding anything again. Kept under a key that changes with our code.
 */
export async function makeOurIndex(
  corpus: Corpus,
  vectors: { readonly path: string; readonly rows: number },
  copies: number,
  target: string,
  codeDigest: string,
): Promise<OurIndex> {
  const place = path.join(target, `ours-${corpus.digest.slice(0, 12)}-x${copies}-${codeDigest}`);
  const [workspace, folder, home] = ["files", "index", "home"].map((name) =>
    path.join(place, name),
  );
  const done = path.join(place, "done");
  if (workspace === undefined || folder === undefined || home === undefined) {
    throw new Error("unreachable");
  }
  if (!existsSync(done)) {
    forget(target, `ours-${corpus.digest.slice(0, 12)}-x${copies}-`);
    for (let copy = 0; copy < copies; copy += 1) {
      cpSync(corpus.folder, path.join(workspace, `copy-${copy}`), { recursive: true });
    }
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const registry = path.join(home, "indexes");
    const open = (): ReturnType<typeof openEmbedder> => embedderThatKnows(corpus, vectors.path);
    const report = await indexFolder(workspace, folder, registry, {
      spaceId: modelManifest.spaceId,
      open,
    });
    if (report.chunks !== corpus.chunks * copies) {
      throw new Error(`expected ${corpus.chunks * copies} chunks, got ${report.chunks}`);
    }
    writeFileSync(`${done}.tmp`, "");
    renameSync(`${done}.tmp`, done);
  }
  return { workspace, folder, home, chunks: corpus.chunks * copies };
}

/** Removes what earlier versions of our code left under the same name. */
export function forget(folder: string, prefix: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

async function embedderThatKnows(corpus: Corpus, file: string): ReturnType<typeof openEmbedder> {
  const embedder = await openEmbedder();
  const { dimensions } = embedder;
  const known = readVectors(file, dimensions, corpus.chunks);
  const rows = new Map(readInputs(corpus).map((text, row) => [text, row]));
  return {
    ...embedder,
    embed(texts) {
      const vectors = new Float32Array(texts.length * dimensions);
      texts.forEach((text, place) => {
        const row = rows.get(text);
        if (row === undefined) {
          throw new Error(`a chunk that the corpus does not have: ${text.slice(0, 80)}`);
        }
        vectors.set(known.subarray(row * dimensions, (row + 1) * dimensions), place * dimensions);
      });
      return Promise.resolve(vectors);
    },
  };
}
