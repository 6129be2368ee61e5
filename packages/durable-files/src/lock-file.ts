import { closeSync, constants, openSync, writeSync } from "node:fs";
import { lstat, open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";

import { CodedError } from "@clawkeep/diagnostics";

// Neither a link nor a FIFO that somebody put there is written to.
const holderFlags: number =
  constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How long to wait. */
export interface LockOptions {
  /** Milliseconds to wait for another holder. Default 10,000. */
  readonly waitMs?: number;
  /** Stops the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a lock without taking it. For one who locks often: taking it again costs some microseconds.
 *
 * The lock is SQLite's exclusive lock on an empty database file. So the kernel holds it, and frees
 * it when the holder dies, by whatever signal; two handles in one process exclude each other too.
 * Next to it, `<path>.holder` names the last holder's pid, for messages only.
 *
 * @throws CodedError `LOCK_DAMAGED` when the file is there and is no lock file
 */
export async function openLock(path: string): Promise<Lock> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags, 0o600);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size !== 0) {
      throw damaged(path);
    }
    // A journal in a folder that others wrote to would be played back by SQLite.
    for (const name of [`${path}-journal`, `${path}-wal`]) {
      if ((await lstat(name).catch(() => undefined)) !== undefined) {
        throw damaged(path);
      }
    }
  } finally {
    await handle.close();
  }
  return new Lock(path, new DatabaseSync(path, { timeout: 0 }));
}

/**
 * Takes the lock at a path, waiting for another holder, and holds it until `close()`.
 *
 * @throws CodedError `FILE_LOCKED` naming the holder after `waitMs`, `LOCK_DAMAGED`
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<Lock> {
  const lock = await openLock(path);
  try {
    await lock.take(options);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** An exclusive lock between processes, and between handles of one process. */
export class Lock {
  readonly #path: string;
  readonly #database: DatabaseSync;
  #held: boolean = false;
  #quiet: boolean = false;
  /** Descriptor of the file that names the holder. */
  #holder: number | undefined;

  /** Use {@link openLock} or {@link lockFile}. */
  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
  }

  /** Whether this handle holds the lock. */
  get held(): boolean {
    return this.#held;
  }

  /**
   * Takes the lock. Waiting polls, at first every millisecond, and does not block the process.
   *
   * @throws CodedError `FILE_LOCKED` after `waitMs`; the signal's reason
   */
  async take(options: LockOptions = {}): Promise<void> {
    const { waitMs = 10_000, signal } = options;
    const deadline = performance.now() + waitMs;
    for (let pause = 1; !this.#tryTake(); pause = Math.min(pause * 2, 25)) {
      signal?.throwIfAborted();
      const left = deadline - performance.now();
      if (left <= 0) {
        throw await this.#locked(waitMs);
      }
      await delay(Math.min(pause, left), undefined, signal === undefined ? {} : { signal });
    }
    this.#held = true;
    // Only a message depends on it, so that a failure, say of a full disk, is no reason to stop.
    // Synchronous: it is a few bytes into memory, and it is on the way of every audit record.
    try {
      this.#holder ??= openSync(this.#holderPath, holderFlags, 0o600);
      // Always as long, so that the file is written in place and never cut.
      writeSync(this.#holder, `${String(process.pid).padStart(10, "0")}\n`, 0);
    } catch {
      // As said.
    }
  }

  /** Frees the lock; it can be taken again. */
  release(): void {
    if (this.#held) {
      this.#held = false;
      this.#database.exec("ROLLBACK");
    }
  }

  /** Frees the lock for good. */
  close(): void {
    this.release();
    if (this.#database.isOpen) {
      this.#database.close();
    }
    if (this.#holder !== undefined) {
      closeSync(this.#holder);
      this.#holder = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #holderPath(): string {
    return `${this.#path}.holder`;
  }

  #tryTake(): boolean {
    try {
      if (!this.#quiet) {
        // No journal on disk: nothing is ever written that could be rolled back.
        this.#database.exec("PRAGMA journal_mode = MEMORY");
        this.#quiet = true;
      }
      this.#database.exec("BEGIN EXCLUSIVE");
      return true;
    } catch (cause) {
      const busy = 5; // SQLITE_BUSY, https://sqlite.org/rescode.html
      if ((cause as { errcode?: number }).errcode === busy) {
        return false;
      }
      throw damaged(this.#path, cause);
    }
  }

  async #locked(waitMs: number): Promise<CodedError> {
    const text = await readFile(this.#holderPath, "utf8").catch(() => "");
    const pid = /^[0-9]{1,10}\n$/u.test(text) ? `process ${Number(text)}` : "another process";
    return new CodedError({
      code: "FILE_LOCKED",
      message: `${this.#path}: expected to get the lock within ${waitMs} ms, but ${pid} holds it`,
      hint: "Wait until it is done, or stop it. A lock of a dead process frees itself.",
    });
  }
}

function damaged(path: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "LOCK_DAMAGED",
    message: `${path}: expected an empty lock file without a journal, got something else`,
    hint: "Stop all programs that use this folder, then remove the lock file.",
    cause,
  });
}
