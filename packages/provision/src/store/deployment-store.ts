import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, lockFile, readSmallFile, replaceFile } from "@clawkeep/durable-files";
import type { FaultHook, Lock } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import { removeFile } from "../ports/file-port.ts";
import type { HistoryRecord, Journal } from "./record.ts";
import { archiveForm, parseJournal, parseRecord } from "./record.ts";

/** Options of {@link openStore}. */
export interface StoreOptions {
  /** Milliseconds to wait for another who applies. Default 0: say so at once. */
  readonly waitMs?: number;
  readonly faults?: FaultHook;
}

/**
 * Opens what is known of a deployment, and keeps everybody else from changing it until `close()`.
 * The folder holds `history/NNNNNN.json`, `objects/DIGEST`, `backups/before-NNNNNN.tar` and, while something is under
 * way or was killed, `journal.json`; all for this uid only.
 *
 * @throws CodedError `FILE_LOCKED` naming who else applies; of `ensurePrivateFolder`
 */
export async function openStore(folder: string, options: StoreOptions = {}): Promise<Store> {
  await ensurePrivateFolder(folder);
  const lock = await lockFile(join(folder, "lock"), { waitMs: options.waitMs ?? 0 });
  try {
    for (const name of ["history", "objects", "backups"]) {
      await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    }
    for (const name of [".", "history", "objects", "backups"]) await sweep(join(folder, name));
    return new Store(folder, lock, options.faults);
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** What is known of one deployment, under its lock. */
export class Store {
  readonly #folder: string;
  readonly #lock: Lock;
  readonly #faults: FaultHook | undefined;

  /** Use {@link openStore}. */
  constructor(folder: string, lock: Lock, faults: FaultHook | undefined) {
    this.#folder = folder;
    this.#lock = lock;
    this.#faults = faults;
  }

  /** All attempts, oldest first. @throws CodedError `HISTORY_DAMAGED` */
  history(): Promise<readonly HistoryRecord[]> {
    return readHistory(this.#folder);
  }

  async addRecord(record: Omit<HistoryRecord, "version" | "at" | "previous">): Promise<void> {
    const before = readSmallFile(this.#record(record.number - 1));
    const whole: HistoryRecord = {
      version: 1,
      at: new Date().toISOString(),
      ...record,
      ...(before === undefined ? {} : { previous: digestBytes(before) }),
    };
    await this.#replace(this.#record(record.number), jsonBytes(whole));
  }

  async keep(bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    if (readSmallFile(this.#object(digest)) === undefined) {
      await this.#replace(this.#object(digest), bytes);
    }
    return digest;
  }

  /** Bytes that were kept. @throws CodedError `HISTORY_DAMAGED` when they are gone or others */
  kept(digest: Digest): Uint8Array {
    const bytes = readSmallFile(this.#object(digest));
    if (bytes === undefined || digestBytes(bytes) !== digest) throw damaged(this.#object(digest));
    return bytes;
  }

  journal(): Journal | undefined {
    return readJournal(this.#folder);
  }

  async begin(journal: Journal): Promise<void> {
    await this.#replace(this.#journal, jsonBytes(journal));
  }

  async end(): Promise<void> {
    await this.#faults?.("journal:remove", { path: this.#journal });
    await removeFile(this.#journal);
  }

  /** Where the archive of that name is, or would be. */
  archive(name: string): string {
    return join(this.#folder, "backups", name);
  }

  /** Removes every archive of a state but those that the last generations which have one need. */
  async pruneArchives(): Promise<void> {
    const kept = (await this.history())
      .flatMap(({ outcome, state }) => (outcome === "applied" && state ? [state.archive] : []))
      .slice(-mostArchives);
    for (const name of await readdir(join(this.#folder, "backups"))) {
      if (archiveForm.test(name) && !kept.includes(name)) await removeFile(this.archive(name));
    }
  }

  close(): void {
    this.#lock.close();
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    await replaceFile(path, bytes, this.#faults === undefined ? {} : { faults: this.#faults });
  }

  get #journal(): string {
    return journalOf(this.#folder);
  }

  #record(number: number): string {
    return join(this.#folder, "history", recordName(number));
  }

  #object(digest: Digest): string {
    return join(this.#folder, "objects", digest.slice("sha256:".length));
  }
}

/** States that are kept: each is what OpenClaw has written, some tens of megabytes at first. */
const mostArchives = 5;

/**
 * Reads all attempts of a deployment, oldest first, without a lock: a record is written once, in one step.
 *
 * @throws CodedError `HISTORY_DAMAGED` when one is missing, changed or of another form
 */
export async function readHistory(folder: string): Promise<readonly HistoryRecord[]> {
  const at = join(folder, "history");
  const names = await readdir(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const records: HistoryRecord[] = [];
  let previous: Digest | undefined;
  for (const name of names.filter((one) => !one.startsWith(".")).toSorted()) {
    const path = join(at, name);
    const bytes = readSmallFile(path);
    if (bytes === undefined) throw damaged(path);
    let record: HistoryRecord;
    try {
      record = parseRecord(bytes);
    } catch (cause) {
      throw damaged(path, cause);
    }
    const isNext = name === recordName(record.number) && record.number === records.length + 1;
    if (!isNext || record.previous !== previous) throw damaged(path);
    previous = digestBytes(bytes);
    records.push(record);
  }
  return records;
}

/**
 * Names of the services that ran when an attempt began which was killed: it may have stopped them, and whatever is called
 * next has them run again. Read without a lock.
 *
 * @throws CodedError `HISTORY_DAMAGED`
 */
export function interruptedServices(folder: string): readonly string[] {
  return readJournal(folder)?.ran ?? [];
}

function readJournal(folder: string): Journal | undefined {
  const bytes = readSmallFile(journalOf(folder));
  if (bytes === undefined) return undefined;
  try {
    return parseJournal(bytes);
  } catch (cause) {
    throw damaged(journalOf(folder), cause);
  }
}

function journalOf(folder: string): string {
  return join(folder, "journal.json");
}

function recordName(number: number): string {
  return `${String(number).padStart(6, "0")}.json`;
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** What killed writes left behind; nobody else writes here now. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\..+\.[0-9a-f]{12}\.tmp$/u.test(name)) await rm(join(folder, name), { force: true });
  }
}

function damaged(path: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "HISTORY_DAMAGED",
    message: `${path}: expected what was written here, got something else or nothing`,
    hint: "Find out who changed it. A deployment can be applied anew under another CLAWKEEP_HOME.",
    cause,
  });
}
