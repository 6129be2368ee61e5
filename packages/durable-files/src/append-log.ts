import { constants, fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";

import type { FaultHook, FaultOption } from "./fault-hook.ts";
import { readFully } from "./read-fully.ts";
import { writeAtOnce } from "./write-at-once.ts";

/** How {@link openAppendLog} makes the file. */
export interface AppendLogOptions extends FaultOption {
  /** Make the file if it is not there. Default true. */
  readonly create?: boolean;
  /** Permission bits of a file that is made. Default `0o600`. */
  readonly mode?: number;
}

/**
 * Opens a file to append to. Links are not followed; the file must be a regular one.
 *
 * @throws CodedError `APPEND_LOG_NOT_REGULAR`; what the file system throws
 */
export async function openAppendLog(
  path: string,
  options: AppendLogOptions = {},
): Promise<AppendLog> {
  const { create = true, mode = 0o600, faults } = options;
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, create ? flags | constants.O_CREAT : flags, mode);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new CodedError({
        code: "APPEND_LOG_NOT_REGULAR",
        message: `${path}: expected a regular file, got something else`,
      });
    }
    return new AppendLog(path, handle, stats.size, faults);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * A file that grows at its end. One writer at a time: callers hold a lock, see `lockFile`.
 *
 * Steps told to `faults`: `append:write`, `append:sync`, `append:done`.
 */
export class AppendLog {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #faults: FaultHook | undefined;
  #size: number;

  /** Use {@link openAppendLog}. */
  constructor(path: string, handle: FileHandle, size: number, faults: FaultHook | undefined) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.#faults = faults;
  }

  /** Bytes that the file had when this object last looked at it or wrote to it. */
  get size(): number {
    return this.#size;
  }

  /** Looks at the file again: another process may have appended. */
  async refresh(): Promise<number> {
    // The kernel has it at hand: a turn through the thread pool would cost fifty times as much.
    this.#size = fstatSync(this.#handle.fd).size;
    return this.#size;
  }

  /** Reads up to `length` bytes at an offset; fewer at the end of the file. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    return readFully(this.#handle, offset, length);
  }

  /** Appends bytes at the file's present end and makes them durable. */
  async append(bytes: Uint8Array): Promise<{ readonly offset: number }> {
    const offset = await this.refresh();
    await this.writeTail(offset, bytes);
    return { offset };
  }

  /**
   * Writes bytes from an offset on, over what is there, and makes them durable. The bytes must
   * reach the end of the file: no write leaves a hole, and none cuts off what it does not replace.
   *
   * @throws CodedError `APPEND_LOG_TAIL`
   */
  async writeTail(offset: number, bytes: Uint8Array): Promise<void> {
    await this.writeTailUnsynced(offset, bytes);
    await this.sync();
    await this.#faults?.("append:done", { path: this.#path });
  }

  /** As {@link AppendLog.writeTail}; what a loss of power leaves of it is up to the file system. */
  async writeTailUnsynced(offset: number, bytes: Uint8Array): Promise<void> {
    const size = await this.refresh();
    if (offset > size || offset + bytes.length < size) {
      throw new CodedError({
        code: "APPEND_LOG_TAIL",
        message: `${this.#path}: expected to write up to the end at ${size}, got bytes ${offset} to ${offset + bytes.length}`,
      });
    }
    await this.#faults?.("append:write", { path: this.#path, bytes, offset });
    writeAtOnce(this.#handle.fd, bytes, offset);
    this.#size = offset + bytes.length;
  }

  /** Makes durable what is in the file, whoever wrote it. */
  async sync(): Promise<void> {
    await this.#faults?.("append:sync", { path: this.#path });
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
