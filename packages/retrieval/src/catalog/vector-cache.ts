import type { DatabaseSync, StatementSync } from "node:sqlite";

import type { Digest } from "@clawkeep/integrity";

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

  constructor(database: DatabaseSync, { space, build, dimensions }: VectorBuild) {
    this.#dimensions = dimensions;
    this.#build = buildNumber(database, space, build);
    this.#read = database.prepare("SELECT vector FROM vectors WHERE input = ? AND build = ?");
    this.#write = database.prepare("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)");
  }

  get(input: Digest): Float32Array | undefined {
    const blob = this.#read.get(digestBlob(input), this.#build)?.["vector"];
    return blob instanceof Uint8Array && blob.byteLength === this.#dimensions * 4
      ? new Float32Array(blob.slice().buffer)
      : undefined;
  }

  /** Keeps a vector; call inside a transaction. */
  put(input: Digest, vector: Float32Array): void {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    this.#write.run(digestBlob(input), this.#build, bytes);
  }
}

/** The 32 bytes of a digest: half the size of its text in every index. */
export function digestBlob(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice("sha256:".length), "hex");
}

function buildNumber(database: DatabaseSync, space: string, build: string): number {
  const find = database.prepare("SELECT build FROM builds WHERE space = ? AND name = ?");
  if (find.get(space, build) === undefined) {
    database.prepare("INSERT INTO builds (space, name) VALUES (?, ?)").run(space, build);
  }
  return Number(find.get(space, build)?.["build"]);
}
