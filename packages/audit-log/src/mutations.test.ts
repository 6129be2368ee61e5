import {
  appendLeaf,
  createKeyPair,
  emptyTree,
  leafHash,
  parseSignerKey,
  verifierOf,
} from "@clawkeep/integrity";
import { expect, test } from "vitest";

import { memorySource } from "../test/memory-source.ts";
import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { firstHead, formatSlot, nextHead, recordLine, settledHead } from "./head.ts";
import type { Head } from "./head.ts";
import { executionId, identityOf, originOf } from "./log-identity.ts";
import type { AuditRecord } from "./records.ts";
import { scanLog } from "./scan-log.ts";
import type { ScanState } from "./scan-log.ts";

const records = 10_000;
/** Every so many records, the state of a scan and the head of the log as it then was are kept. */
const stride = 8;
const mutations = 10_000;

const signer = parseSignerKey(
  createKeyPair(originOf("0123456789abcdef".repeat(2)), Buffer.alloc(32, 7)).signerKey,
);
const verifier = verifierOf(signer);

interface Built {
  readonly lines: readonly Buffer[];
  readonly windows: readonly { readonly from: ScanState; readonly first: number; head: Head }[];
}

/** A log of one key; `label` makes two of them differ. */
function build(label: string): Built {
  const identity = identityOf(signer);
  const lines: Buffer[] = [];
  const windows: { from: ScanState; first: number; head: Head }[] = [];
  let head = firstHead(signer);
  for (let first = 0; first < records; first += stride) {
    const from: ScanState = { tree: head.tree, offset: head.bytes, open: [] };
    const added = [];
    for (let sequence = first; sequence < first + stride; sequence += 1) {
      const place = { format: 3, ...identity, sequence, time: "2026-01-31T23:59:59.123Z" } as const;
      const execution = executionId(identity.log, sequence - (sequence % 2));
      const record: AuditRecord =
        sequence % 2 === 0
          ? {
              ...sampleStart,
              ...place,
              type: "execution-start",
              execution,
              action: label,
              environment: ["LANG", "TZ"],
              runtime: { ...sampleStart.runtime, pid: 1 },
            }
          : { ...sampleEnd(execution), ...place, type: "execution-end", meaning: label };
      const line = recordLine(record);
      lines.push(line);
      added.push({ record, line });
    }
    head = settledHead(nextHead(head, added, signer));
    windows.push({ from, first, head });
  }
  return { lines, windows };
}

/** Lehmer's generator: the same mutations on each run. */
let seed = 20_261_121;
function below(limit: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % limit;
}

type Mutation = (own: readonly Buffer[], at: number, other: readonly Buffer[]) => Buffer[];

function edit(own: readonly Buffer[], at: number, change: (line: Buffer) => Buffer): Buffer[] {
  return own.map((line, index) => (index === at ? change(line) : line));
}

const kinds: Readonly<Record<string, Mutation>> = {
  "a byte": (own, at) =>
    edit(own, at, (line) => {
      const copy = Buffer.from(line);
      const place = below(copy.length);
      copy[place] = (copy[place] ?? 0) ^ (1 + below(255));
      return copy;
    }),
  "an escape form": (own, at) =>
    edit(own, at, (line) => {
      const text = line.toString("utf8");
      const letters = [...text.matchAll(/[a-z]/gu)].map(({ index }) => index);
      const place = letters[below(letters.length)] ?? 0;
      const code = text.charCodeAt(place).toString(16).padStart(4, "0");
      return Buffer.from(`${text.slice(0, place)}\\u${code}${text.slice(place + 1)}`);
    }),
  "a number form": (own, at) =>
    edit(own, at, (line) =>
      Buffer.from(line.toString("utf8").replace(/"sequence":([0-9]+)/u, '"sequence":$1.0')),
    ),
  "a name twice": (own, at) =>
    edit(own, at, (line) => {
      const text = line.toString("utf8");
      const members = ['"format":3,', '"execution":"x",', '"level":"none",', '"key":"00000000",'];
      return Buffer.from(`{${members[below(members.length)]}${text.slice(1)}`);
    }),
  "a newline put in": (own, at) =>
    edit(own, at, (line) => {
      const place = below(line.length);
      return Buffer.concat([line.subarray(0, place), Buffer.from("\n"), line.subarray(place)]);
    }),
  "a newline taken out": (own, at) => edit(own, at, (line) => line.subarray(0, -1)),
  "white space": (own, at) =>
    edit(own, at, (line) => Buffer.concat([Buffer.from(below(2) === 0 ? " " : "\r"), line])),
  "two lines swapped": (own, at) => {
    const by = (at + 1 + below(own.length - 1)) % own.length;
    return own.with(at, own[by] as Buffer).with(by, own[at] as Buffer);
  },
  "a line of another log of the same key": (own, at, other) => own.with(at, other[at] as Buffer),
  "the rest of another log of the same key": (own, at, other) => [
    ...own.slice(0, at),
    ...other.slice(at),
  ],
  "a line deleted": (own, at) => own.toSpliced(at, 1),
  "a line repeated": (own, at) => own.toSpliced(at, 0, own[at] as Buffer),
};

test(`each of ${mutations} mutations of a log of ${records} records is found`, async () => {
  const own = build("query");
  const other = build("forget");
  const names = Object.keys(kinds);
  const missed: string[] = [];
  const verify = async (
    { from, head }: Built["windows"][number],
    lines: readonly Buffer[],
  ): Promise<boolean> => {
    // What lies before is known by its tree, and zero bytes stand for it: the scan begins behind it.
    const bytes = Buffer.concat(lines);
    const source = memorySource({
      verifier: bytes,
      head: Buffer.from(formatSlot(head)),
      log: bytes,
    });
    const shifted = {
      ...source,
      segmentSize: () => Promise.resolve(from.offset + bytes.length),
      readSegment: (first: number, offset: number, length: number) =>
        source.readSegment(first, offset - from.offset, Math.min(length, bytes.length)),
    };
    const { findings } = await scanLog(shifted, verifier, {}, from);
    return !findings.some(({ severity }) => severity === "error");
  };
  for (const window of own.windows.filter((_, index) => index % 50 === 0)) {
    const lines = own.lines.slice(window.first, window.first + stride);
    expect(await verify(window, lines)).toBe(true);
    const grown = lines.reduce(
      (tree, line) => appendLeaf(tree, leafHash(line.subarray(0, -1))),
      window.from.tree.size === 0 ? emptyTree : window.from.tree,
    );
    expect(grown).toEqual(window.head.tree);
  }
  for (let round = 0; round < mutations; round += 1) {
    const window = own.windows[below(own.windows.length)] as Built["windows"][number];
    const end = window.first + stride;
    const lines = own.lines.slice(window.first, end);
    const name = names[round % names.length] as string;
    const at = below(stride);
    const changed = kinds[name]?.(lines, at, other.lines.slice(window.first, end)) ?? [];
    if (Buffer.concat(changed).equals(Buffer.concat(lines)) || (await verify(window, changed))) {
      missed.push(`${name} at record ${window.first + at}`);
    }
  }
  expect(missed).toEqual([]);
}, 60_000);
