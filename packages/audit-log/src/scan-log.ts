import type { Finding } from "@clawkeep/diagnostics";
import {
  compactRoot,
  decodeBase64,
  emptyTree,
  restoreTree,
  sameHash,
  TreeHasher,
} from "@clawkeep/integrity";
import type { CompactTree } from "@clawkeep/integrity";

import { chooseHead } from "./choose-head.ts";
import type { Head } from "./head.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { RecordJudge } from "./record-judge.ts";
import type { LogSource } from "./log-source.ts";
import { maxLineBytes, parseRecord } from "./record-schema.ts";
import type { AuditRecord } from "./records.ts";
import { segmentName } from "./segments.ts";
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
  /** In the first segment. */
  readonly offset: number;
  /** Executions that have begun and not ended. */
  readonly open: readonly string[];
}

/** What a scan found. */
export interface ScanResult {
  readonly findings: readonly Finding[];
  /** The tree over the lines that were read. */
  readonly tree: CompactTree;
  /** The head that the records were compared with, if there is a sound one. */
  readonly head: Head | undefined;
  /** The sequence of the first record that is there: those before were removed. */
  readonly first: number;
  /** The log's keys, as its head has them. */
  readonly keys: LogKeys;
}

const blockBytes: number = maxLineBytes;

/**
 * Reads a whole log once, in bounded memory, and compares every record with the head. A log whose
 * first segments were removed is read from the tree on that the first of its records has.
 */
export async function scanLog(
  source: LogSource,
  verifier: LogKeys,
  listener: ScanListener = {},
  from?: ScanState,
): Promise<ScanResult> {
  const scan = new Scan(verifier, listener, from);
  let headFiles = await source.readHeads();
  let head = scan.tryHeads(headFiles, verifier);
  if ((await source.segments()).length === 0) {
    scan.add("AUDIT_LOG_MISSING", "expected log.ndjson, got no such file");
    return scan.result(head);
  }
  while (head !== undefined) {
    await scan.readUpTo(head, source);
    const size = (await source.segmentSize(head.segment)) ?? 0;
    const more = size > head.bytes ? size : await segmentBeyond(source, head);
    if (scan.stopped || more === undefined) {
      scan.compare(head);
      return scan.result(head);
    }
    // More than this head counts: a writer may have gone on meanwhile, and then the head has too.
    const laterFiles = await source.readHeads();
    const later = Buffer.concat(headFiles).equals(Buffer.concat(laterFiles))
      ? undefined
      : scan.tryHeads(laterFiles, verifier);
    scan.compare(head);
    if (later === undefined || later.tree.size <= head.tree.size) {
      const beyond = `expected ${head.bytes} bytes as the head says, got ${more}`;
      scan.add("AUDIT_LOG_BEYOND_HEAD", beyond, scan.tree.size + 1);
      return scan.result(head);
    }
    [headFiles, head] = [laterFiles, later];
  }
  for (const first of await source.segments()) {
    await scan.readSegment(first, source);
  }
  return scan.result(undefined);
}

/** What is in a segment that the head does not know of; an empty one is about to become the last. */
async function segmentBeyond(source: LogSource, head: Head): Promise<string | undefined> {
  for (const first of await source.segments()) {
    if (first > head.segment && ((await source.segmentSize(first)) ?? 0) > 0) {
      return `a later segment, ${segmentName(first)}`;
    }
  }
  return undefined;
}

/** The state of one scan. */
class Scan {
  /** Set when what follows cannot be read as records any more. */
  stopped: boolean = false;
  readonly #judge: RecordJudge;
  readonly #listener: ScanListener;
  readonly #findings: Finding[] = [];
  readonly #hasher: TreeHasher;
  /** The segment that is being read, by the sequence of its first record. */
  #segment: number | undefined;
  /** Where in it to read on. */
  #offset: number;
  /** The first record that is there. */
  #first: number = 0;
  constructor(keys: LogKeys, listener: ScanListener, from: ScanState | undefined) {
    this.#hasher = new TreeHasher(from?.tree ?? emptyTree);
    this.#segment = from === undefined ? undefined : 0;
    this.#offset = from?.offset ?? 0;
    this.#listener = listener;
    this.#judge = new RecordJudge(keys, from?.open ?? [], {
      add: (code, message, line) => this.add(code, message, line),
      tree: () => this.#hasher,
      ...(listener.onRecord === undefined ? {} : { onRecord: listener.onRecord }),
    });
    this.#judge.enter(this.#segment, undefined);
    if (from !== undefined) {
      this.#tellTree();
    }
  }

  get tree(): CompactTree {
    return this.#hasher.tree();
  }

  add(code: string, message: string, line?: number, severity: Finding["severity"] = "error"): void {
    const segment = this.#segment ?? 0;
    const place = line === undefined ? {} : { file: segmentName(segment), line: line - segment };
    this.#findings.push({ code, severity, message, ...place });
  }

  result(head: Head | undefined): ScanResult {
    const { keys, removable } = this.#judge;
    const last = keys.earlier?.at(-1)?.until ?? -1;
    if (!this.stopped && last >= this.#hasher.size) {
      const message = `expected the record of the new key at ${last}, got ${this.#hasher.size} records: the public keys are newer than the log`;
      this.add("AUDIT_KEY_TRANSITION", message);
    }
    if (this.#first > 0) {
      const kept = `the ${this.#first} records before were removed`;
      if (removable >= this.#first) {
        const message = `${kept}, and the log says so: their hashes are part of what is signed`;
        this.add("AUDIT_RECORDS_REMOVED", message, undefined, "note");
      } else {
        const message = `expected the log from its first record, got ${segmentName(this.#first)}: ${kept}, and no record of the log allows it`;
        this.add("AUDIT_SEGMENT_MISSING", message);
      }
    }
    return { findings: this.#findings, tree: this.tree, head, first: this.#first, keys };
  }

  tryHeads(files: readonly Uint8Array[], verifier: LogKeys): Head | undefined {
    const { head, problems } = chooseHead(files, verifier);
    for (const { code, message, conflict } of problems) {
      if (head === undefined || conflict === true) {
        this.add(code, message);
      } else {
        // Which is also how it looks while a writer is at it.
        const torn = `a slot of the head is neither sound nor blank: a writer was stopped, or is writing now, or somebody changed it (${message})`;
        this.add("AUDIT_HEAD_TORN", torn, undefined, "warning");
      }
    }
    if (head !== undefined) {
      this.#judge.keys = head.keys;
    }
    return head;
  }

  /** Reads the records that a head counts and that were not read yet. */
  async readUpTo(head: Head, source: LogSource): Promise<void> {
    const segments = await source.segments();
    for (const first of segments) {
      if (first < head.segment) {
        await this.readSegment(first, source);
      }
    }
    const lines = head.tail;
    const tailOffset = head.bytes - lines.length;
    await this.#enter(head.segment, source, head);
    if (!this.stopped && !segments.includes(head.segment)) {
      this.stopped = true;
      this.add("AUDIT_LOG_MISSING", `expected ${segmentName(head.segment)}, got no such file`);
    }
    if (!this.stopped && this.#offset < tailOffset) {
      await this.#readLines(source, tailOffset);
    }
    if (this.stopped) {
      return;
    }
    const found = await source.readSegment(head.segment, tailOffset, lines.length);
    const tail = judgeTail(lines, found);
    const number = head.before.size + 1;
    if (tail.state === "changed") {
      this.stopped = true;
      const message = "expected the last records or a beginning of them, got other bytes";
      this.add("AUDIT_TAIL_CHANGED", message, number);
      return;
    }
    if (tail.state !== "whole") {
      const have = `${tail.present} of the last ${lines.length} bytes are in the log`;
      if (tail.state === "zeroed") {
        const message = `${have}, then zero bytes: power was lost, or somebody changed them`;
        this.add("AUDIT_TAIL_ZEROED", message, number);
      } else if (tail.state === "torn") {
        const message = `${have}: a writer was stopped, or is writing now; the head has them whole`;
        this.add("AUDIT_TAIL_TORN", message, number, "warning");
      } else {
        const message = `${have}: the rest was read from the head, from which a writer completes the log`;
        this.add("AUDIT_TAIL_SHORT", message, number, "note");
      }
    }
    this.#takeLines(lines, tailOffset);
    this.#offset = head.bytes;
  }

  /** Reads what was not read yet of a segment that is whole. */
  async readSegment(first: number, source: LogSource): Promise<void> {
    if (this.stopped || first < (this.#segment ?? 0)) {
      return;
    }
    await this.#enter(first, source);
    if (!this.stopped) {
      await this.#readLines(source, (await source.segmentSize(first)) ?? 0);
    }
  }

  /** Goes on with a segment, unless it is the one at hand. */
  async #enter(first: number, source: LogSource, head?: Head): Promise<void> {
    if (this.stopped || first === this.#segment) {
      return;
    }
    if (this.#segment === undefined && first > 0) {
      // Its first record may be pending yet, and then the head has the tree.
      const tree =
        head !== undefined && head.before.size === first
          ? head.before
          : await treeBefore(first, source);
      if (tree === undefined) {
        this.stopped = true;
        const message = `expected ${segmentName(first)} to begin with the tree over the records before, got something else`;
        this.add("AUDIT_SEGMENT_MALFORMED", message);
        return;
      }
      this.#hasher.restart(tree);
      this.#first = first;
      this.#judge.first = first;
    } else if (this.#hasher.size !== first) {
      this.stopped = true;
      const message = `expected a segment that begins with record ${this.#hasher.size}, got ${segmentName(first)}`;
      this.add("AUDIT_SEGMENT_MISSING", message);
      return;
    }
    if (this.#segment === undefined) {
      this.#tellTree();
    }
    this.#judge.enter(first, this.#segment);
    this.#segment = first;
    this.#offset = 0;
  }

  /** Reads lines of the segment at hand up to an offset, at which a line must end. */
  async #readLines(source: LogSource, end: number): Promise<void> {
    const segment = this.#segment ?? 0;
    // The place before the first line is for the prefix of its leaf.
    const most = Math.min(maxLineBytes + blockBytes, Math.max(0, end - this.#offset));
    const buffer = Buffer.alloc(1 + most);
    const read = (at: number): Promise<Uint8Array> =>
      at < end
        ? source.readSegment(segment, at, Math.min(blockBytes, end - at))
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
    this.#judge.line(bytes, start, end, sequence);
    this.#hasher.append(prefixed);
    this.#tellTree();
  }

  #tellTree(): void {
    const { onTree, sizes } = this.#listener;
    if (onTree !== undefined && sizes?.has(this.#hasher.size) === true) {
      onTree(this.tree);
    }
  }
}

/** The tree that the first record of a segment has, believed or not: the root will tell. */
async function treeBefore(first: number, source: LogSource): Promise<CompactTree | undefined> {
  const block = Buffer.from(await source.readSegment(first, 0, maxLineBytes));
  try {
    const record = parseRecord(block.subarray(0, Math.max(0, block.indexOf(0x0a))));
    return record.type === "segment-started"
      ? restoreTree(
          first,
          record.tree.map((top) => decodeBase64(top) ?? new Uint8Array(0)),
        )
      : undefined;
  } catch {
    return undefined;
  }
}
