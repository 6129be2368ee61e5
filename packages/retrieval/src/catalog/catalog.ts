import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";

import type {
  CatalogChunk,
  CatalogDocument,
  ChunkInDocument,
  DocumentOutline,
} from "./catalog-document.ts";
import {
  chunkPlace,
  chunkRow,
  codeCounts,
  documentRow,
  findingList,
  outlineRow,
} from "./catalog-document.ts";
import {
  catalogFormat,
  checkCatalog,
  corruptCatalog,
  createCatalogTables,
  renewCatalog,
} from "./catalog-schema.ts";
import type { VectorBuild } from "./vector-cache.ts";
import { digestBlob, digestOfBlob, VectorCache } from "./vector-cache.ts";

/** Names of single values; `job` is the state of a run under way, `purge` that the file is to be written anew. */
export type CatalogFact =
  | "format"
  | "indexId"
  | "workspace"
  | "spaceId"
  | "chunker"
  | "analyser"
  | "snapshotRoot"
  | "keywordsRoot"
  /** Which build of the encoder made the vectors of the published segments. */
  | "vectorBuild"
  /** Set while somebody waits for segments without anything deleted in them. */
  | "compact"
  | "forgotten"
  /** How many findings the last run had about files that are no documents, by code: JSON. */
  | "refused"
  | "purge"
  | "job";

/** How {@link openCatalog} opens. */
export interface CatalogOptions {
  /** Create the file when it is missing. Default false. */
  readonly create?: boolean;
  /** For `status`: no write, no lock. Default false. */
  readonly readOnly?: boolean;
}

/**
 * The writer's memory of a workspace: documents with their chunks, the embedding cache, the state of
 * a run. One process writes it, under the index folder's lock; no query reads it.
 */
export class Catalog {
  readonly #database: DatabaseSync;
  readonly #file: string;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
  }

  fact(name: CatalogFact): string | undefined {
    const row = this.#database.prepare("SELECT value FROM facts WHERE name = ?").get(name);
    return row === undefined ? undefined : String(row["value"]);
  }

  setFact(name: CatalogFact, value: string): void {
    this.#database
      .prepare(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      )
      .run(name, value);
  }

  clearFact(name: CatalogFact): void {
    this.#database.prepare("DELETE FROM facts WHERE name = ?").run(name);
  }

  /** Every document without its chunks, by path. */
  documents(): ReadonlyMap<string, Omit<CatalogDocument, "chunks">> {
    const documents = new Map<string, Omit<CatalogDocument, "chunks">>();
    for (const raw of this.#database.prepare("SELECT * FROM documents ORDER BY path").iterate()) {
      const document = this.#document(raw);
      documents.set(document.path, document);
    }
    return documents;
  }

  /**
   * The documents that are indexed, with their chunks, by the bytes of the path: one in memory at a time.
   *
   * @param paths Only these, in that order; they must be indexed.
   */
  *indexed(paths?: readonly string[]): Generator<CatalogDocument, void, undefined> {
    const chunks = this.#database.prepare("SELECT * FROM chunks WHERE path = ? ORDER BY ordinal");
    const withChunks = (raw: object): CatalogDocument => {
      const document = this.#document(raw);
      return { ...document, chunks: chunks.all(document.path).map((row) => this.#chunk(row)) };
    };
    if (paths === undefined) {
      const all = this.#database.prepare("SELECT * FROM documents WHERE indexed = 1 ORDER BY path");
      for (const raw of all.iterate()) {
        yield withChunks(raw);
      }
      return;
    }
    const one = this.#database.prepare("SELECT * FROM documents WHERE indexed = 1 AND path = ?");
    for (const path of paths) {
      yield withChunks(one.get(path) ?? {});
    }
  }

  /** One thing of every indexed chunk, in the order of {@link indexed}. */
  *bodies(paths?: readonly string[]): Generator<string, void, undefined> {
    for (const row of this.#inOrder("body", paths)) {
      yield String(row["body"]);
    }
  }

  /** The embedding input's digest of every indexed chunk, in the order of {@link indexed}. */
  *inputs(paths?: readonly string[]): Generator<Uint8Array, void, undefined> {
    for (const row of this.#inOrder("input", paths)) {
      yield row["input"] as Uint8Array;
    }
  }

  /** How many findings of each code the last run had, files that it refused among them, by code. */
  findingCounts(): ReadonlyMap<string, number> {
    const refused = this.#parse(() => codeCounts.parse(JSON.parse(this.fact("refused") ?? "{}")));
    const counts = new Map(Object.entries(refused));
    const rows = this.#database.prepare("SELECT findings FROM documents WHERE findings <> '[]'");
    for (const row of rows.iterate()) {
      for (const { code } of this.#parse(() =>
        findingList.parse(JSON.parse(String(row["findings"]))),
      )) {
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }
    return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Path, digest and number of chunks of every indexed document, by the bytes of the path. */
  outline(): readonly DocumentOutline[] {
    const rows = this.#database.prepare(
      `SELECT path, digest, (SELECT count(*) FROM chunks WHERE chunks.path = documents.path) AS chunks
 FROM documents WHERE indexed = 1 ORDER BY path`,
    );
    return Array.from(rows.iterate(), (row) => this.#parse(() => outlineRow.parse({ ...row })));
  }

  /** Where every indexed chunk stands, without its text, in the order of {@link indexed}. */
  *places(): Generator<ChunkInDocument, void, undefined> {
    const rows = this.#database.prepare(
      `SELECT chunks.path AS path, digest, place FROM chunks JOIN documents ON documents.path = chunks.path
 ORDER BY chunks.path, ordinal`,
    );
    for (const row of rows.iterate()) {
      const place = this.#parse(() => chunkPlace.parse(JSON.parse(String(row["place"]))));
      const documentDigest = this.#parse(() => outlineRow.shape.digest.parse(row["digest"]));
      yield { path: String(row["path"]), documentDigest, place };
    }
  }

  /** Indexed documents and their chunks. */
  totals(): { readonly documents: number; readonly chunks: number } {
    const row = this.#database
      .prepare(
        "SELECT (SELECT count(*) FROM documents WHERE indexed = 1) AS documents, (SELECT count(*) FROM chunks) AS chunks",
      )
      .get();
    return { documents: Number(row?.["documents"]), chunks: Number(row?.["chunks"]) };
  }

  /** The vectors of one space and build. */
  vectors(build: VectorBuild): VectorCache {
    return this.#guard(() => new VectorCache(this.#database, build));
  }

  /** Replaces what is known of one path; call inside {@link transaction}. */
  putDocument(document: CatalogDocument): void {
    this.removeDocument(document.path);
    this.#database
      .prepare("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        document.path,
        document.digest,
        document.size,
        document.title,
        document.hint,
        document.indexed ? 1 : 0,
        document.facts,
        JSON.stringify(document.findings),
      );
    const insert = this.#database.prepare("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)");
    for (const { ordinal, text, input, tokens, ...place } of document.chunks) {
      insert.run(document.path, ordinal, digestBlob(input), tokens, JSON.stringify(place), text);
    }
  }

  /** What is known of one path belongs to another one; call inside {@link transaction}. */
  moveDocument(from: string, to: string, hint: string | null): void {
    this.removeDocument(to);
    this.#database.prepare("UPDATE chunks SET path = ? WHERE path = ?").run(to, from);
    this.#database
      .prepare("UPDATE documents SET path = ?, hint = ? WHERE path = ?")
      .run(to, hint, from);
  }

  removeDocument(path: string): void {
    this.#database.prepare("DELETE FROM chunks WHERE path = ?").run(path);
    this.#database.prepare("DELETE FROM documents WHERE path = ?").run(path);
  }

  /** Forgets every document; vectors stay. Call inside {@link transaction}. */
  removeDocuments(): void {
    this.#database.exec("DELETE FROM chunks");
    this.#database.exec("DELETE FROM documents");
  }

  setHint(path: string, hint: string | null): void {
    this.#database.prepare("UPDATE documents SET hint = ? WHERE path = ?").run(hint, path);
  }

  /**
   * Drops vectors that no chunk refers to, so that what was deleted from the workspace leaves no
   * trace, and those of other builds when `keep` names one.
   */
  pruneVectors(keep?: Pick<VectorBuild, "space" | "build">): void {
    this.#database.exec("DELETE FROM vectors WHERE input NOT IN (SELECT input FROM chunks)");
    if (keep !== undefined) {
      this.#database
        .prepare("DELETE FROM builds WHERE space <> ? OR name <> ?")
        .run(keep.space, keep.build);
      this.#database.exec("DELETE FROM vectors WHERE build NOT IN (SELECT build FROM builds)");
    }
  }

  /** All of `work` or nothing of it, on disk when this returns. */
  transaction(work: () => void): void {
    this.#guard(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        work();
        this.#database.exec("COMMIT");
      } catch (error) {
        if (this.#database.isTransaction) {
          this.#database.exec("ROLLBACK");
        }
        throw error;
      }
    });
  }

  /** Writes the whole file anew, without free pages and what may lie in them. */
  rewrite(): void {
    this.#guard(() => this.#database.exec("VACUUM"));
  }

  close(): void {
    if (this.#database.isOpen) {
      this.#database.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  *#inOrder(
    column: "body" | "input",
    paths: readonly string[] | undefined,
  ): Generator<Record<string, unknown>, void, undefined> {
    if (paths === undefined) {
      // The index on (path, ordinal) gives the order; only indexed documents have chunks.
      yield* this.#database
        .prepare(`SELECT ${column} FROM chunks ORDER BY path, ordinal`)
        .iterate();
      return;
    }
    const one = this.#database.prepare(
      `SELECT ${column} FROM chunks WHERE path = ? ORDER BY ordinal`,
    );
    for (const path of paths) {
      yield* one.all(path);
    }
  }

  #document(raw: object): Omit<CatalogDocument, "chunks"> {
    const row = this.#parse(() => documentRow.parse({ ...raw }));
    const findings = this.#parse(() => findingList.parse(JSON.parse(row.findings)));
    return { ...row, indexed: row.indexed === 1, findings };
  }

  #chunk(raw: object): CatalogChunk {
    const row = this.#parse(() => chunkRow.parse({ ...raw }));
    const place = this.#parse(() => chunkPlace.parse(JSON.parse(row.place)));
    const { ordinal, tokens, body: text } = row;
    return { ...place, ordinal, tokens, text, input: digestOfBlob(row.input) };
  }

  #parse<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw corruptCatalog(this.#file, "a row of another shape", error);
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw catalogError(error, this.#file);
    }
  }
}

/**
 * Opens the catalog with everything off that a hostile file could use: no extension, no trusted
 * schema, cell sizes checked, the schema compared with ours. Deleted rows are overwritten.
 *
 * @throws CodedError `CATALOG_FOREIGN`, `CATALOG_CORRUPT`, `CATALOG_FORMAT`, `CATALOG_WRITE`.
 */
export function openCatalog(file: string, options: CatalogOptions = {}): Catalog {
  let database: DatabaseSync | undefined;
  try {
    if (options.create === true) {
      closeSync(openSync(file, "a", 0o600));
    }
    database = new DatabaseSync(file, {
      readOnly: options.readOnly === true,
      allowExtension: false,
      defensive: true,
      enableDoubleQuotedStringLiterals: false,
      timeout: 0,
    });
    database.exec("PRAGMA trusted_schema = OFF");
    database.exec("PRAGMA cell_size_check = ON");
    database.exec("PRAGMA temp_store = MEMORY");
    if (options.readOnly !== true) {
      database.exec("PRAGMA secure_delete = ON");
      database.exec("PRAGMA journal_mode = DELETE");
      database.exec("PRAGMA synchronous = FULL");
    }
    const catalog = new Catalog(database, file);
    const empty = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"] === 0;
    if (empty && options.create === true) {
      const created = database;
      catalog.transaction(() => {
        createCatalogTables(created);
        catalog.setFact("format", String(catalogFormat));
      });
    } else if (options.create !== true || !renewCatalog(database, file)) {
      checkCatalog(database, file);
    }
    if (catalog.fact("format") !== String(catalogFormat)) {
      throw new CodedError({
        code: "CATALOG_FORMAT",
        message: `expected catalog format ${catalogFormat} in ${file}, got ${catalog.fact("format") ?? "none"}`,
        hint: "another version made this index: delete the index folder and index again",
      });
    }
    return catalog;
  } catch (error) {
    database?.close();
    throw catalogError(error, file);
  }
}

function catalogError(error: unknown, file: string): unknown {
  if (isCodedError(error) || !(error instanceof Error)) {
    return error;
  }
  const code = "errcode" in error ? Number(error.errcode) & 0xff : 0;
  // SQLITE_CORRUPT and SQLITE_NOTADB.
  if (code === 11 || code === 26) {
    return corruptCatalog(file, error.message, error);
  }
  // SQLITE_BUSY, READONLY, IOERR, FULL, CANTOPEN, or the system's refusal to create the file.
  if ([5, 8, 10, 13, 14].includes(code) || "syscall" in error) {
    return new CodedError({
      code: "CATALOG_WRITE",
      message: `expected to read and write ${file}, got: ${error.message}`,
      hint: "check the free space and the permissions of the index folder; the published index is unchanged",
      cause: error,
    });
  }
  return error;
}
