import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile, replaceFile } from "@clawkeep/durable-files";
import type { AppendLog, FaultHook, Lock } from "@clawkeep/durable-files";
import { verifierOf } from "@clawkeep/integrity";
import type { NoteSigner, NoteVerifier } from "@clawkeep/integrity";

import { formatHead, nextHead, parseHead, recordLine } from "./head.ts";
import type { Head } from "./head.ts";
import { keyedDigestOf } from "./keyed-digest.ts";
import { executionId, identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";
import type { LogPaths } from "./log-paths.ts";
import { ownProcess } from "./process-stamp.ts";
import { checkRecord, maxLineBytes } from "./record-schema.ts";
import type {
  AuditRecord,
  ExecutionEnd,
  ExecutionStart,
  KeyedDigest,
  LogHealedRecord,
  ProcessStamp,
  RecordPlace,
} from "./records.ts";
import { judgeTail } from "./tail.ts";

/** What an {@link AuditLog} is made of. */
export interface AuditLogParts {
  readonly paths: LogPaths;
  readonly signer: NoteSigner;
  readonly lock: Lock;
  readonly log: AppendLog;
  readonly lockWaitMs: number;
  readonly now: () => Date;
  readonly faults: FaultHook | undefined;
}

/** A log that is open for appending, by this process among others. */
export class AuditLog {
  readonly #parts: AuditLogParts;
  readonly #verifier: NoteVerifier;
  readonly #identity: LogIdentity;
  readonly #keyedDigest: (text: string) => KeyedDigest;
  readonly #process: ProcessStamp = ownProcess();
  /** Executions that were begun here and have no end yet. */
  readonly #open: Set<string> = new Set();
  /** The last head that was seen, with its bytes; unset when the log's end is in doubt. */
  #known: { readonly bytes: Buffer; readonly head: Head } | undefined;
  /** Set when a write of the log failed: what the kernel then holds may never reach the disk. */
  #doubt: boolean = false;
  #queue: Promise<unknown> = Promise.resolve();

  /** Use `openAuditLog`. */
  constructor(parts: AuditLogParts) {
    this.#parts = parts;
    this.#verifier = verifierOf(parts.signer);
    this.#identity = identityOf(parts.signer);
    this.#keyedDigest = keyedDigestOf(parts.signer.seed);
  }

  /** The log's id and key. */
  get identity(): LogIdentity {
    return this.#identity;
  }

  /** A digest that shows equality within this log and cannot be guessed without its key. */
  keyedDigest(text: string): KeyedDigest {
    return this.#keyedDigest(text);
  }

  /**
   * Records that an execution is about to begin. When this returns, the record is on the disk: the
   * process may be started. When it throws, it must not be.
   *
   * @throws CodedError `AUDIT_RECORD_INVALID`, `AUDIT_RECORD_TOO_LARGE`, `FILE_LOCKED`,
   *   `AUDIT_LOG_DAMAGED` (see {@link AuditLog.end}), `FILE_NOT_REPLACED`, of `canonicalJson`
   */
  async start(start: ExecutionStart): Promise<{ readonly sequence: number; readonly id: string }> {
    const record = await this.#append((place) => ({
      ...start,
      ...place,
      type: "execution-start",
      execution: executionId(place.log, place.sequence),
      runtime: { ...start.runtime, ...this.#process },
      environment: [...new Set(start.environment)].sort(),
    }));
    const id = executionId(record.log, record.sequence);
    this.#open.add(id);
    return { sequence: record.sequence, id };
  }

  /**
   * Records how an execution that was begun here came to its end. Once for each.
   *
   * @throws CodedError `AUDIT_EXECUTION_UNKNOWN`; `AUDIT_LOG_DAMAGED` when the log's end is neither
   *   whole nor torn: nothing is written then, whatever is found is evidence; else as
   *   {@link AuditLog.start}
   */
  async end(end: ExecutionEnd): Promise<{ readonly sequence: number }> {
    const { sequence } = await this.#append(
      (place) => {
        if (!this.#open.has(end.execution)) {
          throw new CodedError({
            code: "AUDIT_EXECUTION_UNKNOWN",
            message: `expected an execution that this process began and did not end, got ${JSON.stringify(end.execution)}`,
          });
        }
        return { ...end, ...place, type: "execution-end" };
      },
      // From here on the record may be in the log, even if a later step fails: no second try.
      () => void this.#open.delete(end.execution),
    );
    return { sequence };
  }

  /** The signed checkpoint of the log as it is now: to be kept elsewhere. */
  async checkpoint(): Promise<string> {
    return this.#exclusively(async () => (await this.#recover()).checkpoint);
  }

  /** Completes what a stopped writer left, and checks that the log can be appended to. */
  async recover(): Promise<void> {
    await this.#exclusively(() => this.#recover());
  }

  /** Waits for what is being written, then lets go of the files. */
  async close(): Promise<void> {
    await this.#queue;
    this.#parts.lock.close();
    await this.#parts.log.close();
  }

  async #append(
    build: (place: RecordPlace) => AuditRecord,
    beforeCommit?: () => void,
  ): Promise<AuditRecord> {
    return this.#exclusively(async () => {
      const head = await this.#recover();
      const record = build(this.#place(head));
      await this.#commit(head, record, beforeCommit);
      return record;
    });
  }

  /** One at a time in this process, then one process at a time. */
  async #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const { lock, lockWaitMs } = this.#parts;
    const turn = this.#queue.then(async () => {
      await lock.take({ waitMs: lockWaitMs });
      try {
        return await run();
      } finally {
        lock.release();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #place(head: Head): RecordPlace {
    const time = this.#parts.now().toISOString();
    return { format: 1, ...this.#identity, sequence: head.tree.size, time };
  }

  async #commit(head: Head, record: AuditRecord, beforeCommit?: () => void): Promise<Head> {
    const { paths, signer, log, faults } = this.#parts;
    const line = recordLine(checkRecord(record));
    if (line.length > maxLineBytes) {
      throw new CodedError({
        code: "AUDIT_RECORD_TOO_LARGE",
        message: `expected a record of at most ${maxLineBytes} bytes, got ${line.length}`,
        hint: "Record long arguments keyed, or pass them as files.",
      });
    }
    const next = nextHead(head, record, line, signer);
    const bytes = Buffer.from(formatHead(next));
    beforeCommit?.();
    this.#known = undefined;
    this.#doubt = true;
    // The moment of commitment: from here on the record is in the head, whole.
    await replaceFile(paths.head, bytes, faults === undefined ? {} : { faults });
    await log.writeTail(head.bytes, line);
    this.#doubt = false;
    this.#known = { bytes, head: next };
    return next;
  }

  /** Brings the log to the state that its head says, and returns the head. */
  async #recover(): Promise<Head> {
    const { paths, log } = this.#parts;
    const bytes = await readHead(paths.head);
    if (
      this.#known?.bytes.equals(bytes) === true &&
      (await log.refresh()) === this.#known.head.bytes
    ) {
      return this.#known.head;
    }
    const head = parseHead(bytes, this.#verifier);
    const healed = await this.#completeTail(head);
    // The process that wrote the last line may have been killed before it was durable; and the
    // next head will no longer have that line.
    await log.sync();
    this.#doubt = false;
    this.#known = { bytes, head };
    return healed === undefined
      ? head
      : this.#commit(head, { ...this.#place(head), type: "log-healed", ...healed });
  }

  async #completeTail(
    head: Head,
  ): Promise<Pick<LogHealedRecord, "present" | "expected"> | undefined> {
    const { log } = this.#parts;
    const line = head.last === undefined ? Buffer.alloc(0) : recordLine(head.last);
    const offset = head.bytes - line.length;
    const size = await log.refresh();
    if (size < offset || size > head.bytes) {
      throw damaged(`${offset} to ${head.bytes} bytes, got ${size}`);
    }
    const tail = judgeTail(line, await log.read(offset, line.length));
    if (tail.state === "changed") {
      throw damaged("the last record or a beginning of it at its end, got other bytes");
    }
    if (tail.state !== "whole" || this.#doubt) {
      await log.writeTail(offset, line);
    }
    return tail.state === "whole" ? undefined : { present: tail.present, expected: line.length };
  }
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const handle = await openRegularFile(path);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new CodedError({
      code: "AUDIT_HEAD_MISSING",
      message: `expected to read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Keep the folder as evidence; start a new log in another one.",
      cause,
    });
  }
}

function damaged(expected: string): CodedError {
  return new CodedError({
    code: "AUDIT_LOG_DAMAGED",
    message: `log.ndjson: expected ${expected}`,
    hint: "Verify the log and keep the folder as evidence; start a new log in another one.",
  });
}
