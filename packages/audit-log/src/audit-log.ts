import { CodedError } from "@clawkeep/diagnostics";
import type { AppendLog, Lock } from "@clawkeep/durable-files";
import { compactRoot, createKeyPair, encodeBase64, parseSignerKey } from "@clawkeep/integrity";
import type { NoteSigner } from "@clawkeep/integrity";

import { chooseHead } from "./choose-head.ts";
import type { ChosenHead } from "./choose-head.ts";
import {
  formatSlot,
  isBlankSlot,
  maxPending,
  nextHead,
  recordLine,
  segmentHead,
  settledHead,
  slotHeadBytes,
} from "./head.ts";
import type { Head, RecordWithLine } from "./head.ts";
import { slotIndexes } from "./head-slots.ts";
import type { HeadSlots, SlotIndex } from "./head-slots.ts";
import type { KeyFiles } from "./key-files.ts";
import { keyedDigestOf } from "./keyed-digest.ts";
import { executionId, identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";
import { signTransition, withTransition } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { ownProcess } from "./process-stamp.ts";
import { RecordRecogniser } from "./record-recogniser.ts";
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
  readonly signer: NoteSigner;
  readonly keys: LogKeys;
  readonly keyFiles: KeyFiles;
  readonly lock: Lock;
  /** Opens a segment by the sequence of its first record; makes it, durably, when told to. */
  readonly openSegment: (first: number, make: boolean) => Promise<AppendLog>;
  /** The segments that are there, by the sequence of their first record. */
  readonly segments: () => Promise<readonly number[]>;
  /** Removes the segments that begin before a record, the oldest first, and gives which. */
  readonly removeSegments: (before: number) => Promise<readonly number[]>;
  readonly slots: HeadSlots;
  readonly lockWaitMs: number;
  /** A segment that has as many bytes or records gets no more. */
  readonly segmentBytes: number;
  readonly segmentRecords: number;
  readonly now: () => Date;
}

/** An end record is on the disk after so many milliseconds, if nothing else puts it there before. */
const flushAfterMs: number = 50;
/** No more lines than these many bytes wait in the head for the log file to be made durable. */
const pendingBytes: number = 128 * 1024;

/** A record that waits for its turn. */
interface Waiting {
  readonly build: (place: RecordPlace) => AuditRecord;
  /** Whether the caller goes on only when it is on the disk. */
  readonly durable: boolean;
  readonly beforeCommit?: () => void;
  readonly resolve: (record: AuditRecord) => void;
  readonly reject: (error: unknown) => void;
}

/** The head as this process last saw or wrote it. */
interface Known {
  readonly head: Head;
  readonly slot: SlotIndex;
  /** The slot that is on the disk: never written to before another one is. */
  readonly durable: SlotIndex;
  /** The first parts of all slots: other bytes there are another process's work. */
  readonly parts: Buffer;
  /** The length of the last segment. */
  readonly logBytes: number;
}

/** A log that is open for appending, by this process among others. */
export class AuditLog {
  readonly #parts: AuditLogParts;
  #signer: NoteSigner;
  #keys: LogKeys;
  #identity: LogIdentity;
  #keyedDigest: (text: string) => KeyedDigest;
  #recogniser: RecordRecogniser;
  readonly #process: ProcessStamp = ownProcess();
  /** Executions that were begun here and have no end yet. */
  readonly #open: Set<string> = new Set();
  /** Unset when what the files hold is in doubt. */
  #known: Known | undefined;
  /** Set when a write failed: what the kernel then holds may never reach the disk. */
  #doubt: boolean = false;
  /** The last segment. */
  #log: { readonly first: number; readonly file: AppendLog } | undefined;
  #waiting: Waiting[] = [];
  #scheduled: boolean = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** Use `openAuditLog`. */
  constructor(parts: AuditLogParts) {
    this.#parts = parts;
    this.#signer = parts.signer;
    this.#keys = parts.keys;
    this.#identity = identityOf(parts.signer);
    this.#keyedDigest = keyedDigestOf(parts.signer.seed);
    this.#recogniser = new RecordRecogniser(this.#identity);
  }

  /** The log's id and the key that signs now. */
  get identity(): LogIdentity {
    return this.#identity;
  }

  /** A digest that shows equality among records of one key and cannot be guessed without it. */
  keyedDigest(text: string): KeyedDigest {
    return this.#keyedDigest(text);
  }

  /**
   * Records that an execution is about to begin. When this returns, the record is on the disk: the
   * process may be started. When it throws, it must not be.
   *
   * @throws CodedError `AUDIT_RECORD_INVALID`, `AUDIT_RECORD_TOO_LARGE`, `FILE_LOCKED`,
   *   `AUDIT_LOG_DAMAGED` (see {@link AuditLog.end}), of `canonicalJson`; of the file system
   */
  async start(start: ExecutionStart): Promise<{ readonly sequence: number; readonly id: string }> {
    const record = await this.#append({
      durable: true,
      build: (place) => ({
        ...start,
        ...place,
        type: "execution-start",
        execution: executionId(place.log, place.sequence),
        runtime: { ...start.runtime, ...this.#process },
        environment: [...new Set(start.environment)].sort(),
      }),
    });
    const id = executionId(record.log, record.sequence);
    this.#open.add(id);
    return { sequence: record.sequence, id };
  }

  /**
   * Records how an execution that was begun here came to its end. Once for each. When this returns,
   * the record is in the kernel's hands and survives the end of this process; it is on the disk after
   * the next start, after {@link AuditLog.close}, or a twentieth of a second later.
   *
   * @throws CodedError `AUDIT_EXECUTION_UNKNOWN`; `AUDIT_LOG_DAMAGED` when the log's end is neither
   *   whole nor a beginning of what the head has for it: nothing is written then, whatever is found is
   *   evidence; else as {@link AuditLog.start}
   */
  async end(end: ExecutionEnd): Promise<{ readonly sequence: number }> {
    const { sequence } = await this.#append({
      durable: false,
      build: (place) => {
        if (!this.#open.has(end.execution)) {
          throw new CodedError({
            code: "AUDIT_EXECUTION_UNKNOWN",
            message: `expected an execution that this process began and did not end, got ${JSON.stringify(end.execution)}`,
          });
        }
        return { ...end, ...place, type: "execution-end" };
      },
      // From here on the record may be in the log, even if a later step fails: no second try.
      beforeCommit: () => void this.#open.delete(end.execution),
    });
    return { sequence };
  }

  /** The signed checkpoint of the log as it is now, all of it on the disk: to be kept elsewhere. */
  async checkpoint(): Promise<string> {
    return this.#exclusively(
      async () => (await this.#flush(await this.#recover())).head.checkpoint,
    );
  }

  /** Makes durable what was recorded so far. */
  async flush(): Promise<void> {
    await this.#exclusively(async () => void (await this.#flush(await this.#recover())));
  }

  /**
   * Removes whole segments from the log's beginning, on the record: what is left verifies on, against
   * its head and against checkpoints of as many records as were removed, or more. A segment that was
   * copied before can be put back at any time. The last segment always stays.
   *
   * @param before All records before this one may go.
   * @returns the sequence of the first record that is left, and the segments that were removed
   * @throws CodedError as {@link AuditLog.start}
   */
  async removeSegments(
    before: number,
  ): Promise<{ readonly first: number; readonly removed: readonly number[] }> {
    const firsts = await this.#exclusively(async () => {
      const { head } = await this.#recover();
      return (await this.#parts.segments()).filter((one) => one <= before && one <= head.segment);
    });
    const first = firsts.at(-1) ?? 0;
    if (firsts.length < 2) {
      return { first, removed: [] };
    }
    await this.#append({
      durable: true,
      build: (place) => ({ ...place, type: "segments-removed", before: first }),
    });
    const removed = await this.#exclusively(() => this.#parts.removeSegments(first));
    return { first, removed };
  }

  /** Completes what a stopped writer left, and checks that the log can be appended to. */
  async recover(): Promise<void> {
    await this.#exclusively(async () => {
      await this.#recover();
      await this.#parts.keyFiles.sweep();
    });
  }

  /**
   * Gives the log a new key, which the key before and the new one sign for, on the record. Checkpoints
   * and proofs from before stay as good as they were. The private key before is removed.
   *
   * @returns the log's id and new key
   * @throws CodedError as {@link AuditLog.start}; `AUDIT_VERIFIER_MALFORMED`, `AUDIT_VERIFIER_OTHER`
   *   when the log's public keys are not those of its private key
   */
  async rotateKey(): Promise<LogIdentity> {
    return this.#exclusively(async () => {
      const known = await this.#flush(await this.#recover());
      await this.#parts.keyFiles.requirePublished(this.#signer);
      await (await this.#openLog(known.head.segment)).sync();
      const base = settledHead(known.head);
      const pair = createKeyPair(this.#signer.name);
      const next = parseSignerKey(pair.signerKey);
      const at = { size: base.tree.size, root: compactRoot(base.tree) };
      const transition = signTransition(at, this.#signer, next);
      const keys = withTransition(this.#keys, transition);
      const record: AuditRecord = { ...this.#place(base, 0), type: "key-rotated", transition };
      await this.#parts.keyFiles.prepare(pair.signerKey);
      const head = nextHead({ ...base, keys }, [{ record, line: lineOf(record) }], next);
      await this.#flush(await this.#put(known, head));
      await this.#adopt(keys);
      return this.#identity;
    });
  }

  /** Waits for what is being written, makes it durable, and lets go of the files. */
  async close(): Promise<void> {
    while (this.#scheduled || this.#waiting.length > 0) {
      await this.#queue;
    }
    await this.#queue;
    clearTimeout(this.#flushTimer);
    try {
      if (this.#known !== undefined && !isFlushed(this.#known)) {
        await this.flush();
      }
    } finally {
      clearTimeout(this.#flushTimer);
      this.#parts.lock.close();
      this.#parts.slots.close();
      await this.#log?.file.close();
    }
  }

  /** Those that are asked for at once are committed at once: one signature, one wait for the disk. */
  async #append(record: Pick<Waiting, "build" | "durable" | "beforeCommit">): Promise<AuditRecord> {
    const { promise, resolve, reject } = Promise.withResolvers<AuditRecord>();
    this.#waiting.push({ ...record, resolve, reject });
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#scheduled) {
      return;
    }
    this.#scheduled = true;
    let taken: readonly Waiting[] | undefined;
    const take = (): readonly Waiting[] => {
      this.#scheduled = false;
      taken ??= this.#waiting.splice(0, maxPending / 2);
      if (this.#waiting.length > 0) {
        this.#schedule();
      }
      return taken;
    };
    this.#exclusively(() => this.#commit(take())).catch((error: unknown) => {
      for (const { reject } of taken ?? take()) {
        reject(error);
      }
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

  #place(head: Head, ahead: number): RecordPlace {
    const time = this.#parts.now().toISOString();
    return { format: 3, ...this.#identity, sequence: head.tree.size + ahead, time };
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    let known = await this.#recover();
    let base = known.head;
    if (base.pending.length + waiting.length > maxPending || base.tail.length > pendingBytes) {
      known = await this.#flush(known);
      // The head lets go of lines only when they are durable in the log file.
      await (await this.#openLog(known.head.segment)).sync();
      base = settledHead(known.head);
    }
    const opening: RecordWithLine[] = [];
    if (this.#isFull(base)) {
      known = await this.#flush(known);
      await (await this.#openLog(known.head.segment)).sync();
      base = segmentHead(settledHead(known.head));
      const record: AuditRecord = {
        ...this.#place(base, 0),
        type: "segment-started",
        previous: known.head.segment,
        tree: base.tree.tops.map(encodeBase64),
      };
      opening.push({ record, line: lineOf(record) });
    }
    const built: (RecordWithLine & { readonly of: Waiting })[] = [];
    for (const one of waiting) {
      try {
        const record = one.build(this.#place(base, opening.length + built.length));
        built.push({ record, line: lineOf(record, this.#recogniser), of: one });
      } catch (error) {
        one.reject(error);
      }
    }
    if (built.length === 0) {
      return;
    }
    for (const { of } of built) {
      of.beforeCommit?.();
    }
    if (opening.length > 0) {
      // Empty until the head that begins it is written: a kill in between leaves nothing else.
      await (await this.#parts.openSegment(base.segment, true)).close();
      known = { ...known, logBytes: 0 };
    }
    const next = nextHead(base, [...opening, ...built], this.#signer);
    known = await this.#put(known, next);
    if (built.some(({ of }) => of.durable)) {
      await this.#flush(known);
    } else {
      this.#flushLater();
    }
    for (const { of, record } of built) {
      of.resolve(record);
    }
  }

  async #chooseHead(files: readonly Uint8Array[]): Promise<ChosenHead> {
    const chosen = chooseHead(files, this.#keys);
    if (chosen.head !== undefined) {
      return chosen;
    }
    // Another process may have given the log new keys since.
    const { signer, keys } = await this.#parts.keyFiles.read();
    return signer.keyId === this.#signer.keyId ? chosen : chooseHead(files, keys);
  }

  /** The log is signed by another key now: here, or by another process. */
  async #adopt(keys: LogKeys): Promise<void> {
    const known = this.#known;
    // In doubt until the files are those of the new key: whoever comes next tries again.
    this.#known = undefined;
    this.#signer = await this.#parts.keyFiles.adopt(keys);
    this.#known = known;
    this.#keys = keys;
    this.#identity = identityOf(this.#signer);
    this.#recogniser = new RecordRecogniser(this.#identity);
    this.#keyedDigest = keyedDigestOf(this.#signer.seed);
  }

  #isFull({ segment, bytes, tree }: Head): boolean {
    const { segmentBytes, segmentRecords } = this.#parts;
    // One that has nothing but its own first record would be followed by others like it.
    return (
      tree.size - segment > 1 && (bytes >= segmentBytes || tree.size - segment >= segmentRecords)
    );
  }

  /** The file of the last segment. */
  async #openLog(first: number): Promise<AppendLog> {
    if (this.#log?.first !== first) {
      await this.#log?.file.close();
      this.#log = undefined;
      this.#log = { first, file: await this.#parts.openSegment(first, false) };
    }
    return this.#log.file;
  }

  /** Writes a head to a slot that holds neither the last one nor the one that is on the disk. */
  async #put(known: Known, head: Head): Promise<Known> {
    const { slots } = this.#parts;
    const free = slotIndexes.find((slot) => slot !== known.slot && slot !== known.durable);
    const slot = free ?? 0;
    this.#known = undefined;
    this.#doubt = true;
    const part = await slots.write(slot, formatSlot(head));
    this.#doubt = false;
    this.#known = { ...known, head, slot, parts: withPart(known.parts, slot, part) };
    return this.#known;
  }

  /**
   * Makes the head durable, takes away the ones before it, and writes to the log file what it lacks.
   * In this order: the log file never has a line that a loss of power could take from the head.
   */
  async #flush(known: Known): Promise<Known> {
    if (isFlushed(known)) {
      return known;
    }
    const { slots } = this.#parts;
    const log = await this.#openLog(known.head.segment);
    this.#known = undefined;
    this.#doubt = true;
    if (known.durable !== known.slot) {
      // Where no other execution is under way, nobody waits for this thread.
      await slots.sync(known.slot, this.#open.size === 0 && this.#waiting.length === 0);
    }
    const parts = await this.#wipeOthers(known.slot, known.parts);
    const { bytes, tail } = known.head;
    const missing = bytes - known.logBytes;
    if (missing > 0) {
      await log.writeTailUnsynced(known.logBytes, tail.subarray(tail.length - missing));
    }
    this.#doubt = false;
    this.#known = {
      ...known,
      durable: known.slot,
      parts,
      logBytes: bytes,
    };
    return this.#known;
  }

  /** What is known of the first parts is enough: whoever held the lock since would have been seen. */
  async #wipeOthers(kept: SlotIndex, before: Buffer): Promise<Buffer> {
    let parts = before;
    const blank = Buffer.alloc(slotHeadBytes);
    for (const slot of slotIndexes) {
      const at = slot * slotHeadBytes;
      if (slot !== kept && !isBlankSlot(parts.subarray(at, at + slotHeadBytes))) {
        await this.#parts.slots.wipe(slot);
        parts = withPart(parts, slot, blank);
      }
    }
    return parts;
  }

  #flushLater(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = setTimeout(() => {
      // The next append or `close` meets the same failure, and tells it.
      this.flush().catch(() => undefined);
    }, flushAfterMs);
    this.#flushTimer.unref();
  }

  /** Brings the log to the state that its head says. */
  async #recover(): Promise<Known> {
    const { slots } = this.#parts;
    const known = this.#known;
    if (
      known !== undefined &&
      known.parts.equals(slots.firstParts()) &&
      (await this.#openLog(known.head.segment).then((file) => file.refresh())) === known.logBytes
    ) {
      return known;
    }
    const files = slotIndexes.map((slot) => slots.read(slot));
    const { head, index, problems } = await this.#chooseHead(files);
    const slot = slotIndexes[index ?? -1];
    if (head === undefined || slot === undefined) {
      throw unsound(problems);
    }
    if (this.#doubt) {
      // After a failed fsync the kernel may hold for clean what never reached the disk.
      await slots.write(slot, formatSlot(head));
    }
    await slots.sync(slot);
    const healed = await this.#completeTail(head);
    const parts = await this.#wipeOthers(slot, slots.firstParts());
    this.#doubt = false;
    const adopted: Known = {
      head,
      slot,
      durable: slot,
      parts,
      logBytes: head.bytes,
    };
    if (head.keys.keyId !== this.#signer.keyId) {
      await this.#adopt(head.keys);
    }
    this.#known = adopted;
    if (healed === undefined) {
      return adopted;
    }
    const record: AuditRecord = { ...this.#place(head, 0), type: "log-healed", ...healed };
    const next = nextHead(head, [{ record, line: lineOf(record) }], this.#signer);
    return this.#flush(await this.#put(adopted, next));
  }

  async #completeTail(
    head: Head,
  ): Promise<Pick<LogHealedRecord, "present" | "expected"> | undefined> {
    const log = await this.#openLog(head.segment);
    const { tail: lines, bytes } = head;
    const offset = bytes - lines.length;
    const size = await log.refresh();
    if (size < offset || size > bytes) {
      throw damaged(`${offset} to ${bytes} bytes, got ${size}`);
    }
    const tail = judgeTail(lines, await log.read(offset, lines.length));
    if (tail.state === "changed") {
      throw damaged("the last records or a beginning of them at its end, got other bytes");
    }
    if (tail.state !== "whole" || this.#doubt) {
      await log.writeTailUnsynced(offset, lines);
    }
    return tail.state === "whole" || tail.state === "short"
      ? undefined
      : { present: tail.present, expected: lines.length };
  }
}

function isFlushed(known: Known): boolean {
  return known.durable === known.slot && known.logBytes === known.head.bytes;
}

function withPart(parts: Buffer, slot: SlotIndex, part: Uint8Array): Buffer {
  const changed = Buffer.from(parts);
  changed.set(part, slot * slotHeadBytes);
  return changed;
}

/** What the recogniser does not know at a glance is checked field by field. */
function lineOf(record: AuditRecord, recogniser?: RecordRecogniser): Uint8Array {
  let line: Uint8Array;
  try {
    line = recordLine(record);
  } catch (error) {
    checkRecord(record);
    throw error;
  }
  const end = line.length - 1;
  if (recogniser?.recognise(line, 0, end, record.sequence) === undefined) {
    checkRecord(record);
  }
  if (line.length > maxLineBytes) {
    throw new CodedError({
      code: "AUDIT_RECORD_TOO_LARGE",
      message: `expected a record of at most ${maxLineBytes} bytes, got ${line.length}`,
      hint: "Record long arguments keyed, or pass them as files.",
    });
  }
  return line;
}

function unsound(problems: readonly { code: string; message: string }[]): CodedError {
  const [first] = problems;
  return new CodedError({
    code: first?.code ?? "AUDIT_HEAD_MISSING",
    message: first?.message ?? "expected a head, got none",
    hint: "Keep the folder as evidence; start a new log in another one.",
  });
}

function damaged(expected: string): CodedError {
  return new CodedError({
    code: "AUDIT_LOG_DAMAGED",
    message: `the log's last segment: expected ${expected}`,
    hint: "Verify the log and keep the folder as evidence; start a new log in another one.",
  });
}
