import type { DatabaseSync, StatementSync } from "node:sqlite";

import type { Digest } from "@clawkeep/integrity";

import type { CatalogWork } from "./catalog-document.ts";
import { chunkPlace } from "./catalog-document.ts";

/** What the vectors of a cache mean: their space, what computed them, and their length. */
export interface VectorBuild {
  readonly space: string;
  readonly build: string;
  readonly dimensions: number;
}

/**
 * The catalog's vectors of one space and build, by the digest of what was embedded. A vector of
 * another space or build is never given, and one of another length counts as absent.
 */
export class VectorCache {
  readonly #dimensions: number;
  readonly #build: number;
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #missing: StatementSync;
  readonly #work: StatementSync;

  constructor(database: DatabaseSync, { space, build, dimensions }: VectorBuild) {
    this.#dimensions = dimensions;
    this.#build = buildNumber(database, space, build);
    this.#read = database.prepare("SELECT vector FROM vectors WHERE input = ? AND build = ?");
    this.#write = database.prepare("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)");
    const absent =
      "NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.input = chunks.input AND build = ? AND length(vector) = ?)";
    this.#missing = database.prepare(
      `SELECT count(*) AS n FROM (SELECT 1 FROM chunks WHERE ${absent} GROUP BY input)`,
    );
    this.#work = database.prepare(
      `SELECT input, tokens, place, body FROM chunks INDEXED BY chunks_by_work
 WHERE (tokens, input) < (?, ?) AND ${absent} ORDER BY tokens DESC, input DESC LIMIT ?`,
    );
  }

  /** Distinct inputs of chunks that have no vector yet. */
  missing(): number {
    return Number(this.#missing.get(this.#build, this.#dimensions * 4)?.["n"]);
  }

  /**
   * The next inputs that have no vector, longest first, each once.
   *
   * @param after The last one that was given; undefined to begin.
   */
  work(after: CatalogWork | undefined, limit: number): readonly CatalogWork[] {
    const from =
      after === undefined ? [2 ** 40, new Uint8Array()] : [after.tokens, digestBlob(after.input)];
    const rows = this.#work.all(...from, this.#build, this.#dimensions * 4, limit);
    const found = new Map<string, CatalogWork>();
    for (const row of rows) {
      const input = digestOfBlob(row["input"] as Uint8Array);
      const { context } = chunkPlace.parse(JSON.parse(String(row["place"])));
      const work = { input, tokens: Number(row["tokens"]), context, text: String(row["body"]) };
      found.set(input, found.get(input) ?? work);
    }
    return [...found.values()];
  }

  get(input: Digest): Float32Array | undefined {
    return this.getByBlob(digestBlob(input));
  }

  /** The same by the digest's 32 bytes. */
  getByBlob(input: Uint8Array): Float32Array | undefined {
    const blob = this.#read.get(input, this.#build)?.["vector"];
    if (!(blob instanceof Uint8Array) || blob.byteLength !== this.#dimensions * 4) {
      return undefined;
    }
    // A copy only where four bytes would not lie as they must: building a segment reads every vector.
    const { buffer, byteOffset } = aligned(blob);
    return new Float32Array(buffer, byteOffset, this.#dimensions);
  }

  /** Keeps a vector; call inside a transaction. */
  put(input: Digest, vector: Float32Array): void {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    this.#write.run(digestBlob(input), this.#build, bytes);
  }
}

function aligned(blob: Uint8Array): Uint8Array {
  return blob.byteOffset % 4 === 0 ? blob : blob.slice();
}

/** The 32 bytes of a digest: half the size of its text in every index. */
export function digestBlob(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice("sha256:".length), "hex");
}

/** The digest of its 32 bytes. */
export function digestOfBlob(blob: Uint8Array): Digest {
  return `sha256:${Buffer.from(blob).toString("hex")}`;
}

function buildNumber(database: DatabaseSync, space: string, build: string): number {
  const find = database.prepare("SELECT build FROM builds WHERE space = ? AND name = ?");
  if (find.get(space, build) === undefined) {
    database.prepare("INSERT INTO builds (space, name) VALUES (?, ?)").run(space, build);
  }
  return Number(find.get(space, build)?.["build"]);
}
