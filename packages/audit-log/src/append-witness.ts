import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { syncFolder } from "@clawkeep/durable-files";

/** What is appended to which witness. */
export interface WitnessEntry {
  /** The witness: a regular file of whatever owner, made with mode 0600 when it is not there. */
  readonly path: string;
  /** The signed checkpoint. */
  readonly checkpoint: string;
  /** The folder of the log, in which no witness can be. */
  readonly folder: string;
}

const flags: number =
  // O_NONBLOCK: a FIFO would otherwise hang the open.
  constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Appends a checkpoint to a witness, by one write, and makes it durable. Needs no right to read it.
 *
 * @throws CodedError `WITNESS_FAILED` (the system's error is its cause), `WITNESS_NOT_REGULAR`,
 *   `WITNESS_TORN` (not all of it was written), `WITNESS_IN_LOG`
 */
export async function appendWitness(entry: WitnessEntry): Promise<void> {
  const { path, checkpoint, folder } = entry;
  try {
    if ((await realpath(dirname(path))) === (await realpath(folder))) {
      const message = `expected a witness outside of the log's folder, got ${path}`;
      throw failure("WITNESS_IN_LOG", message);
    }
    const handle = await openWitness(path);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) {
        throw failure("WITNESS_NOT_REGULAR", `expected a regular file as the witness, got ${path}`);
      }
      // After what may have been torn, the checkpoint begins a line all the same.
      const bytes = Buffer.from(stats.size === 0 ? checkpoint : `\n${checkpoint}`);
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten !== bytes.length) {
        const message = `expected to append ${bytes.length} bytes to ${path}, got ${bytesWritten} written`;
        throw failure("WITNESS_TORN", message);
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (isCodedError(cause)) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") {
      throw failure("WITNESS_NOT_REGULAR", `expected a regular file as the witness, got ${path}`);
    }
    const message = `expected to append the checkpoint to ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw failure("WITNESS_FAILED", message, cause);
  }
}

/** Not with O_CREAT at once: systems refuse that for others' files in folders that all can write. */
async function openWitness(path: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const handle = await open(path, flags | constants.O_CREAT, 0o600);
  try {
    await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function failure(code: string, message: string, cause?: unknown): CodedError {
  const hint = "The checkpoint was not witnessed: take it again when the witness can be written.";
  return new CodedError({ code, message, hint, ...(cause === undefined ? {} : { cause }) });
}
