import { openRegularFile, readFully } from "@clawkeep/durable-files";
import type { FileHandle } from "node:fs/promises";

import type { LogPaths } from "./log-paths.ts";

/** Where the bytes of a log come from. `undefined` means that the file is not there. */
export interface LogSource {
  readVerifier(): Promise<Uint8Array | undefined>;
  /** The files of the head: its slots, or the one file of format 1. None when there is no head. */
  readHeads(): Promise<readonly Uint8Array[]>;
  /** The present length of the log file. */
  logSize(): Promise<number | undefined>;
  /** Bytes of the log file; fewer at its end. */
  readLog(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Reads a log from its folder. Links and special files are refused, whoever made them. */
export class FolderSource implements LogSource {
  readonly #paths: LogPaths;
  #log: FileHandle | undefined;

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

  async logSize(): Promise<number | undefined> {
    this.#log ??= await openIfThere(this.#paths.log);
    return (await this.#log?.stat())?.size;
  }

  async readLog(offset: number, length: number): Promise<Uint8Array> {
    this.#log ??= await openRegularFile(this.#paths.log);
    return readFully(this.#log, offset, length);
  }

  async close(): Promise<void> {
    await this.#log?.close();
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
