import { isUtf8 } from "node:buffer";

import type { Finding } from "@clawkeep/diagnostics";
import { compactRoot, emptyTree, sameHash, TreeHasher } from "@clawkeep/integrity";
import type { CompactTree, NoteVerifier } from "@clawkeep/integrity";

import { chooseHead } from "./choose-head.ts";
import type { Head } from "./head.ts";
import { executionId, identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";
import type { LogSource } from "./log-source.ts";
import { RecordRecogniser } from "./record-recogniser.ts";
import { maxLineBytes, parseRecord } from "./record-schema.ts";
import type { AuditRecord } from "./records.ts";
import { judgeTail } from "./tail.ts";

/** What a scan tells as it goes. */
export interface ScanListener {
  /** Every line that is a record, in the log's order, whether it is the one that was signed or not. */
  readonly onRecord?: (record: AuditRecord) => void;
  /** The tree over the first n lines, for every n of `sizes`. */
  readonly onTree?: (tree: CompactTree) => void;
  readonly sizes?: ReadonlySet<number>;
}

/** Where a scan may begin when everything before is known. */
export interface ScanState {
  readonly tree: CompactTree;
  readonly offset: number;
  /** Executions that have begun and not ended. */
  readonly open: readonly string[];
}

const beginning: ScanState = { tree: emptyTree, offset: 0, open: [] };

/** What a scan found. */
export interface ScanResult {
  readonly findings: readonly Finding[];
  /** The tree over the lines that were read. */
  readonly tree: CompactTree;
  /** The head that the records were compared with, if there is a sound one. */
  readonly head: Head | undefined;
}

const blockBytes: number = maxLineBytes;

/** Reads a whole log once, in bounded memory, and compares every record with the head. */
export async function scanLog(
  source: LogSource,
  verifier: NoteVerifier,
  listener: ScanListener = {},
  from: ScanState = beginning,
): Promise<ScanResult> {
  const scan = new Scan(identityOf(verifier), listener, from);
  let headFiles = await source.readHeads();
  let head = scan.tryHeads(headFiles, verifier);
  if ((await source.logSize()) === undefined) {
    scan.add("AUDIT_LOG_MISSING", "expected log.ndjson, got no such file");
    return scan.result(head);
  }
  while (head !== undefined) {
    await scan.readUpTo(head, source);
    const size = await source.logSize();
    if (scan.stopped || size === undefined || size <= head.bytes) {
      scan.compare(head);
      return scan.result(head);
    }
    // More than this head counts: a writer may have gone on meanwhile, and then the head has too.
    const laterFiles = await source.readHeads();
    const later = Buffer.concat(headFiles).equals(Buffer.concat(laterFiles))
      ? undefined
      : scan.tryHeads(laterFiles, verifier);
    scan.compare(head);
    if (later === undefined || later.bytes <= head.bytes || later.tree.size <= head.tree.size) {
      const beyond = `expected ${head.bytes} bytes as the head says, got ${size}`;
      scan.add("AUDIT_LOG_BEYOND_HEAD", beyond, scan.tree.size + 1);
      return scan.result(head);
    }
    [headFiles, head] = [laterFiles, later];
  }
  await scan.readLines(source, (await source.logSize()) ?? 0);
  return scan.result(undefined);
}

/** The state of one scan. */
class Scan {
  /** Set when what follows cannot be read as records any more. */
  stopped: boolean = false;
  readonly #identity: LogIdentity;
  readonly #listener: ScanListener;
  readonly #findings: Finding[] = [];
  /** Executions of this log that have begun and not ended, by their sequence; others by their id. */
  readonly #open: Set<number | string>;
  readonly #hasher: TreeHasher;
  readonly #recogniser: RecordRecogniser;
  #offset: number;

  constructor(identity: LogIdentity, listener: ScanListener, from: ScanState) {
    this.#hasher = new TreeHasher(from.tree);
    this.#recogniser = new RecordRecogniser(identity);
    this.#offset = from.offset;
    this.#identity = identity;
    this.#listener = listener;
    this.#open = new Set(from.open.map((execution) => this.#openKey(execution)));
    this.#tellTree();
  }

  get tree(): CompactTree {
    return this.#hasher.tree();
  }

  add(code: string, message: string, line?: number, severity: Finding["severity"] = "error"): void {
    const place = line === undefined ? {} : { file: "log.ndjson", line };
    this.#findings.push({ code, severity, message, ...place });
  }

  result(head: Head | undefined): ScanResult {
    return { findings: this.#findings, tree: this.tree, head };
  }

  tryHeads(files: readonly Uint8Array[], verifier: NoteVerifier): Head | undefined {
    const { head, problems } = chooseHead(files, verifier);
    for (const { code, message } of problems) {
      if (head === undefined || code === "AUDIT_HEAD_INCONSISTENT") {
        this.add(code, message);
      } else {
        // Which is also how it looks while a writer is at it.
        const torn = `a slot of the head is neither sound nor blank: a writer was stopped, or is writing now, or somebody changed it (${message})`;
        this.add("AUDIT_HEAD_TORN", torn, undefined, "warning");
      }
    }
    return head;
  }

  /** Reads the records that a head counts and that were not read yet. */
  async readUpTo(head: Head, source: LogSource): Promise<void> {
    const lines = head.tail;
    const tailOffset = head.bytes - lines.length;
    if (this.#offset < tailOffset) {
      await this.readLines(source, tailOffset);
    }
    if (this.stopped) {
      return;
    }
    const tail = judgeTail(lines, await source.readLog(tailOffset, lines.length));
    const number = head.before.size + 1;
    if (tail.state === "changed") {
      this.stopped = true;
      const message = "expected the last records or a beginning of them, got other bytes";
      this.add("AUDIT_TAIL_CHANGED", message, number);
      return;
    }
    if (tail.state !== "whole") {
      const found = `${tail.present} of the last ${lines.length} bytes are in the log`;
      if (tail.state === "zeroed") {
        const message = `${found}, then zero bytes: power was lost, or somebody changed them`;
        this.add("AUDIT_TAIL_ZEROED", message, number);
      } else if (tail.state === "torn") {
        const message = `${found}: a writer was stopped, or is writing now; the head has them whole`;
        this.add("AUDIT_TAIL_TORN", message, number, "warning");
      } else {
        const message = `${found}: the rest was read from the head, from which a writer completes the log`;
        this.add("AUDIT_TAIL_SHORT", message, number, "note");
      }
    }
    this.#takeLines(lines, tailOffset);
    this.#offset = head.bytes;
  }

  /** Reads lines up to an offset, at which a line must end. */
  async readLines(source: LogSource, end: number): Promise<void> {
    // The place before the first line is for the prefix of its leaf.
    const most = Math.min(maxLineBytes + blockBytes, Math.max(0, end - this.#offset));
    const buffer = Buffer.alloc(1 + most);
    const read = (at: number): Promise<Uint8Array> =>
      at < end
        ? source.readLog(at, Math.min(blockBytes, end - at))
        : Promise.resolve(new Uint8Array(0));
    let held = 0;
    let position = this.#offset;
    let next = read(position);
    while (position < end) {
      const block = await next;
      if (block.length === 0) {
        this.stopped = true;
        const message = `expected at least ${end} bytes, got ${position}`;
        this.add("AUDIT_LOG_TRUNCATED", message, this.#hasher.size + 1);
        return;
      }
      position += block.length;
      // The next block comes while this one is judged.
      next = read(position);
      next.catch(() => undefined);
      buffer.set(block, 1 + held);
      const filled = 1 + held + block.length;
      const rest = this.#lines(buffer.subarray(0, filled));
      held = filled - rest;
      if (held > maxLineBytes) {
        break;
      }
      buffer.copyWithin(1, rest, filled);
    }
    if (held > 0) {
      this.stopped = true;
      const message = `expected a line of at most ${maxLineBytes} bytes that ends where the head says`;
      this.add("AUDIT_RECORD_MALFORMED", message, this.#hasher.size + 1);
      return;
    }
    this.#offset = Math.max(this.#offset, end);
  }

  /** Compares what was read with what was signed. */
  compare(head: Head): void {
    if (this.stopped) {
      return;
    }
    if (this.#hasher.size !== head.tree.size) {
      const message = `expected ${head.tree.size} records as the head says, got ${this.#hasher.size}`;
      this.add("AUDIT_HEAD_INCONSISTENT", message);
    }
    if (!sameHash(this.#hasher.root(), compactRoot(head.tree))) {
      const message = `expected the ${head.tree.size} records that were signed, got others`;
      this.add("AUDIT_ROOT_MISMATCH", message);
    }
  }

  /** The records that the head has whole, but for those that were read already. */
  #takeLines(lines: Uint8Array, offset: number): void {
    const unread = lines.subarray(Math.max(0, this.#offset - offset));
    const buffer = Buffer.alloc(1 + unread.length);
    buffer.set(unread, 1);
    this.#lines(buffer);
  }

  /** Judges the whole lines from index 1 on, writes over their newlines, and gives where the rest begins. */
  #lines(bytes: Buffer): number {
    let start = 1;
    for (;;) {
      const end = bytes.indexOf(0x0a, start);
      if (end < 0) {
        return start;
      }
      this.#line(bytes, start, end);
      start = end + 1;
    }
  }

  #line(bytes: Buffer, start: number, end: number): void {
    const sequence = this.#hasher.size;
    // The prefix of a leaf (RFC 6962), in place of the newline before: so that nothing is copied.
    bytes[start - 1] = 0;
    const prefixed = bytes.subarray(start - 1, end);
    const type = isUtf8(prefixed)
      ? this.#recogniser.recognise(bytes, start, end, sequence)
      : undefined;
    if (type === undefined) {
      this.#judgeLine(prefixed.subarray(1), sequence);
    } else {
      if (type === "execution-start") {
        this.#open.add(sequence);
      } else {
        this.#judgeEnd(this.#recogniser.execution, sequence);
      }
      this.#listener.onRecord?.(JSON.parse(bytes.toString("utf8", start, end)) as AuditRecord);
    }
    this.#hasher.append(prefixed);
    this.#tellTree();
  }

  #tellTree(): void {
    const { onTree, sizes } = this.#listener;
    if (onTree !== undefined && sizes?.has(this.#hasher.size) === true) {
      onTree(this.tree);
    }
  }

  #judgeLine(line: Uint8Array, sequence: number): void {
    try {
      const record = parseRecord(line);
      this.#judge(record, sequence);
      this.#listener.onRecord?.(record);
    } catch (error) {
      this.add("AUDIT_RECORD_MALFORMED", reason(error), sequence + 1);
    }
  }

  #judge(record: AuditRecord, sequence: number): void {
    const { log, key } = this.#identity;
    if (record.log !== log || record.key !== key || record.sequence !== sequence) {
      const expected = `log ${log}, key ${key}, sequence ${sequence}`;
      const got = `log ${record.log}, key ${record.key}, sequence ${record.sequence}`;
      this.add("AUDIT_RECORD_MISPLACED", `expected ${expected}, got ${got}`, sequence + 1);
    }
    if (record.type === "execution-start") {
      const expected = executionId(log, sequence);
      if (record.execution !== expected) {
        const message = `expected the id ${expected}, got ${record.execution}`;
        this.add("AUDIT_EXECUTION_MISMATCH", message, sequence + 1);
      }
      this.#open.add(this.#openKey(record.execution));
    } else if (record.type === "execution-end") {
      this.#judgeEnd(this.#openKey(record.execution), sequence);
    }
  }

  #judgeEnd(execution: number | string, sequence: number): void {
    if (!this.#open.delete(execution)) {
      const id =
        typeof execution === "number" ? executionId(this.#identity.log, execution) : execution;
      const message = `expected the end of an execution that has begun, got ${id}`;
      this.add("AUDIT_EXECUTION_MISMATCH", message, sequence + 1);
    }
  }

  #openKey(execution: string): number | string {
    const sequence = Number(execution.slice(execution.indexOf("-") + 1));
    return executionId(this.#identity.log, sequence) === execution ? sequence : execution;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
