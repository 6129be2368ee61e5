import { isUtf8 } from "node:buffer";

import { encodeBase64, sameHash } from "@clawkeep/integrity";
import type { TreeHasher } from "@clawkeep/integrity";

import { executionId, identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";
import { keyAt } from "./log-key-chain.ts";
import type { EarlierKey, LogKeys } from "./log-key-chain.ts";
import { recogniserOf } from "./record-recogniser.ts";
import type { RecordRecogniser } from "./record-recogniser.ts";
import { parseRecord } from "./record-schema.ts";
import type { AuditRecord } from "./records.ts";

/** What a {@link RecordJudge} is told and tells. */
export interface RecordJudgeSurroundings {
  /** A finding at a record, counted from 1. */
  readonly add: (code: string, message: string, line: number) => void;
  /** The tree over the records before. */
  readonly tree: () => TreeHasher;
  readonly onRecord?: (record: AuditRecord) => void;
}

/** Judges the records of a log, one after the other: their form, and whether they belong where they stand. */
export class RecordJudge {
  /** The first record that is there. */
  first: number = 0;
  /** Records before this one were allowed to be removed. */
  removable: number = 0;
  #keys: LogKeys;
  readonly #surroundings: RecordJudgeSurroundings;
  /** Executions of this log that have begun and not ended, by their sequence; others by their id. */
  readonly #open: Set<number | string>;
  /** Of the key of the records at hand. */
  #recogniser: RecordRecogniser | undefined;
  /** Up to which sequence that is so, and -1 before the first. */
  #knownUntil: number = -1;
  /** The segment that is being read, by the sequence of its first record. */
  #segment: number | undefined;
  /** The one that was read before it. */
  #previous: number | undefined;

  /** @param open Ids of executions that have begun before and not ended. */
  constructor(keys: LogKeys, open: readonly string[], surroundings: RecordJudgeSurroundings) {
    this.#keys = keys;
    this.#surroundings = surroundings;
    this.#open = new Set(open.map((execution) => this.#openKey(execution)));
  }

  /** The keys by which records are judged; they may grow while a log is read. */
  get keys(): LogKeys {
    return this.#keys;
  }

  set keys(keys: LogKeys) {
    this.#keys = keys;
    this.#knownUntil = -1;
  }

  /** Goes on with another segment. */
  enter(segment: number | undefined, previous: number | undefined): void {
    this.#segment = segment;
    this.#previous = previous;
  }

  /**
   * Judges one line.
   *
   * @param bytes Has the line from `start` to `end`, and its newline there.
   */
  line(bytes: Buffer, start: number, end: number, sequence: number): void {
    const line = bytes.subarray(start, end);
    if (sequence > this.#knownUntil) {
      this.#turnTo(sequence);
    }
    // The last record of a key and the first of a segment are of other types.
    const ordinary = (sequence !== this.#segment || sequence === 0) && sequence < this.#knownUntil;
    const type =
      ordinary && isUtf8(line)
        ? this.#recogniser?.recognise(bytes, start, end, sequence)
        : undefined;
    if (type === undefined) {
      this.#judgeLine(line, sequence);
      return;
    }
    if (type === "execution-start") {
      this.#open.add(sequence);
    } else {
      this.#judgeEnd(this.#recogniser?.execution ?? 0, sequence);
    }
    this.#surroundings.onRecord?.(JSON.parse(line.toString("utf8")) as AuditRecord);
  }

  #turnTo(sequence: number): void {
    this.#recogniser = recogniserOf(keyAt(this.#keys, sequence));
    const turn = this.#turnAfter(sequence);
    this.#knownUntil = turn?.until ?? Number.MAX_SAFE_INTEGER;
  }

  #identityAt(sequence: number): LogIdentity {
    return identityOf(keyAt(this.#keys, sequence));
  }

  /** The end of the key of the record of that sequence. */
  #turnAfter(sequence: number): EarlierKey | undefined {
    return this.#keys.earlier?.find(({ until }) => sequence <= until);
  }

  #judgeLine(line: Uint8Array, sequence: number): void {
    try {
      const record = parseRecord(line);
      this.#judge(record, sequence);
      this.#surroundings.onRecord?.(record);
    } catch (error) {
      this.#add("AUDIT_RECORD_MALFORMED", reason(error), sequence + 1);
    }
  }

  #judge(record: AuditRecord, sequence: number): void {
    const { log, key } = this.#identityAt(sequence);
    this.#judgeTurn(record, sequence);
    const begins = sequence === this.#segment && sequence > 0;
    if (begins !== (record.type === "segment-started")) {
      const message = begins
        ? `expected a segment to begin with segment-started, got ${record.type}`
        : "expected no segment-started but at the beginning of a segment";
      this.#add("AUDIT_SEGMENT_MALFORMED", message, sequence + 1);
    }
    if (record.log !== log || record.key !== key || record.sequence !== sequence) {
      const expected = `log ${log}, key ${key}, sequence ${sequence}`;
      const got = `log ${record.log}, key ${record.key}, sequence ${record.sequence}`;
      this.#add("AUDIT_RECORD_MISPLACED", `expected ${expected}, got ${got}`, sequence + 1);
    }
    if (record.type === "execution-start") {
      const expected = executionId(log, sequence);
      if (record.execution !== expected) {
        const message = `expected the id ${expected}, got ${record.execution}`;
        this.#add("AUDIT_EXECUTION_MISMATCH", message, sequence + 1);
      }
      this.#open.add(this.#openKey(record.execution));
    } else if (record.type === "execution-end") {
      this.#judgeEnd(this.#openKey(record.execution), sequence);
    } else if (record.type === "segment-started") {
      const tops = this.#surroundings.tree().tree().tops.map(encodeBase64);
      const previous = this.#previous ?? record.previous;
      if (tops.join() !== record.tree.join() || previous !== record.previous) {
        const message =
          "expected the tree over the records before and the segment before, got others";
        this.#add("AUDIT_SEGMENT_MALFORMED", message, sequence + 1);
      }
    } else if (record.type === "segments-removed") {
      this.removable = Math.max(this.removable, Math.min(record.before, sequence));
    }
  }

  /** A key is replaced where its record is, by what the record says, and nowhere else. */
  #judgeTurn(record: AuditRecord, sequence: number): void {
    const turn = this.#turnAfter(sequence);
    const expected = turn?.until === sequence ? turn : undefined;
    const found = record.type === "key-rotated" ? record.transition : undefined;
    if (expected?.transition !== found) {
      const message = `expected ${expected === undefined ? "no other key here" : "the record of the new key here"}, as the public keys say`;
      this.#add("AUDIT_KEY_TRANSITION", message, sequence + 1);
    } else if (
      expected !== undefined &&
      !sameHash(expected.root, this.#surroundings.tree().root())
    ) {
      const message =
        "expected the records before to be those that the new key was given, got others";
      this.#add("AUDIT_KEY_TRANSITION", message, sequence + 1);
    }
  }

  #judgeEnd(execution: number | string, sequence: number): void {
    // Of executions that began in what was removed, only the end can be there.
    const removed = typeof execution === "number" && execution < this.first;
    if (!this.#open.delete(execution) && !removed) {
      const id =
        typeof execution === "number"
          ? executionId(identityOf(this.#keys).log, execution)
          : execution;
      const message = `expected the end of an execution that has begun, got ${id}`;
      this.#add("AUDIT_EXECUTION_MISMATCH", message, sequence + 1);
    }
  }

  #add(code: string, message: string, line: number): void {
    this.#surroundings.add(code, message, line);
  }

  #openKey(execution: string): number | string {
    const sequence = Number(execution.slice(execution.indexOf("-") + 1));
    return executionId(identityOf(this.#keys).log, sequence) === execution ? sequence : execution;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
