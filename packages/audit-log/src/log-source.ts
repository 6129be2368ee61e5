import { join } from "node:path";

import { openRegularFile, readFully } from "@clawkeep/durable-files";
import type { FileHandle } from "node:fs/promises";

import { chainedSegments } from "./chained-segments.ts";
import type { LogPaths } from "./log-paths.ts";
import { listSegments, segmentName } from "./segments.ts";

/** Where the bytes of a log come from. `undefined` means that the file is not there. */
export interface LogSource {
  readVerifier(): Promise<Uint8Array | undefined>;
  /** The files of the head: its slots, or the one file of format 1. None when there is no head. */
  readHeads(): Promise<readonly Uint8Array[]>;
  /** The segments that are there, by the sequence of their first record, in order. */
  segments(): Promise<readonly number[]>;
  /** The present length of a segment. */
  segmentSize(first: number): Promise<number | undefined>;
  /** Bytes of a segment; fewer at its end. */
  readSegment(first: number, offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Reads a log from its folder. Links and special files are refused, whoever made them. */
export class FolderSource implements LogSource {
  readonly #paths: LogPaths;
  /** One is open at a time: they are read one after the other. */
  #open: { readonly first: number; readonly handle: FileHandle } | undefined;

  constructor(paths: LogPaths) {
    this.#paths = paths;
  }

  async readVerifier(): Promise<Uint8Array | undefined> {
    return readIfThere(this.#paths.verifier);
  }

  async readHeads(): Promise<readonly Uint8Array[]> {
    const { slots, headOne } = this.#paths;
    const files = await Promise.all([...slots, headOne].map(readIfThere));
    return files.filter((bytes) => bytes !== undefined);
  }

  async segments(): Promise<readonly number[]> {
    try {
      return await listSegments(this.#paths.folder);
    } catch (error) {
      // A sandbox may show the files and not the folder.
      if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      return chainedSegments({
        heads: await this.readHeads(),
        beginning: async (first, length) =>
          (await this.segmentSize(first)) === undefined
            ? undefined
            : this.readSegment(first, 0, length),
      });
    }
  }

  async segmentSize(first: number): Promise<number | undefined> {
    return (await (await this.#segment(first))?.stat())?.size;
  }

  async readSegment(first: number, offset: number, length: number): Promise<Uint8Array> {
    const handle = await this.#segment(first);
    return handle === undefined ? new Uint8Array(0) : readFully(handle, offset, length);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  async #segment(first: number): Promise<FileHandle | undefined> {
    if (this.#open?.first !== first) {
      await this.close();
      const handle = await openIfThere(join(this.#paths.folder, segmentName(first)));
      this.#open = handle === undefined ? undefined : { first, handle };
    }
    return this.#open?.handle;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  const handle = await openIfThere(path);
  try {
    return await handle?.readFile();
  } finally {
    await handle?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await openRegularFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
