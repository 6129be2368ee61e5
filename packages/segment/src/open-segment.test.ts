import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { documents, temporaryFolder } from "../test/sample.ts";
import { buildChunkSections } from "./build-chunk-sections.ts";
import { encodeContainer } from "./container-header.ts";
import { openChunkTable } from "./open-chunk-table.ts";
import { openSegment } from "./open-segment.ts";
import { sha256 } from "./section-digest.ts";
import { sectionId } from "./section-id.ts";
import { writeSegment } from "./write-segment.ts";

const folder = temporaryFolder();
const path = join(folder, "good.seg");
const damaged = join(folder, "damaged.seg");
const big = Uint8Array.from({ length: 40_000 }, (_, index) => (index * 31) >>> 3);
let good: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  const sections = buildChunkSections(documents);
  await writeSegment(path, [...sections, { id: sectionId.postings, stride: 4, bytes: big }]);
  good = readFileSync(path);
});

/** Everything that a reader can ask for, as one value; or the code that it was refused with. */
function readAll(file: string): string {
  try {
    using segment = openSegment(file);
    const parts: unknown[] = [];
    for (let at = 0; at < big.length; at += 7919) {
      const length = Math.min(9000, big.length - at);
      parts.push(Buffer.from(segment.slice(sectionId.postings, at, length)).toString("hex"));
    }
    parts.push(Buffer.from(segment.section(sectionId.postings)).toString("hex"));
    const table = openChunkTable(segment);
    for (let chunk = 0; chunk < table.chunkCount; chunk += 1) {
      const row = table.row(chunk);
      parts.push(row, row.text());
    }
    return JSON.stringify(parts);
  } catch (error) {
    if (!isCodedError(error) || !error.code.startsWith("SEGMENT_")) {
      throw error;
    }
    return error.code;
  }
}

function codeOf(read: () => unknown): string {
  try {
    read();
    return "done";
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}

describe("a damaged file gives a coded error or the right data", () => {
  test("when any byte is changed", () => {
    const expected = readAll(path);
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([at, flip]) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        writeFileSync(damaged, bytes);
        const got = readAll(damaged);
        expect(got === expected || got.startsWith("SEGMENT_")).toBe(true);
        // What reading does not notice (padding), verifying does.
        if (got === expected) {
          using segment = openSegment(damaged);
          expect(segment.verify().map((finding) => finding.code)).toContain("SEGMENT_PADDING");
        }
      }),
      { numRuns: 300 },
    );
  });

  test("when each byte of the header and the table is changed", () => {
    const end = 128 + 6 * 96;
    for (let at = 0; at < end; at += 1) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0x81;
      writeFileSync(damaged, bytes);
      expect(readAll(damaged)).toMatch(/^SEGMENT_/u);
    }
  });

  test("when it is cut short or grown", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), (length) => {
        writeFileSync(damaged, good.subarray(0, length));
        expect(readAll(damaged)).toBe("SEGMENT_TRUNCATED");
      }),
      { numRuns: 60 },
    );
    writeFileSync(damaged, Buffer.concat([good, Buffer.alloc(64)]));
    expect(readAll(damaged)).toBe("SEGMENT_HEADER");
  });

  test("when it is something else altogether", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 400 }), (bytes) => {
        writeFileSync(damaged, bytes);
        expect(readAll(damaged)).toBe("SEGMENT_FOREIGN");
      }),
      { numRuns: 60 },
    );
    writeFileSync(damaged, "");
    expect(readAll(damaged)).toBe("SEGMENT_TRUNCATED");
    mkdirSync(join(folder, "folder.seg"), { recursive: true });
    expect(readAll(join(folder, "folder.seg"))).toBe("SEGMENT_FOREIGN");
    expect(readAll(join(folder, "absent.seg"))).toBe("SEGMENT_READ");
  });

  test("when a forger gives a wrong table its right digest", () => {
    using segment = openSegment(path);
    const number = fc.oneof(
      fc.constantFrom(0, 1, 63, 64, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1),
      fc.nat(good.length),
    );
    const field = fc.constantFrom("offset", "length", "stride", "count");
    const which = fc.nat(segment.entries.length - 1);
    fc.assert(
      fc.property(which, field, number, (index, name, value) => {
        const used = name === "stride" ? value % 2 ** 32 : value;
        const entries = segment.entries.map((entry, at) =>
          at === index ? { ...entry, [name]: used } : entry,
        );
        const changed = segment.entries[index]?.[name] !== used;
        const { bytes } = encodeContainer(headerOf(segment.chunkCount), entries);
        writeFileSync(damaged, Buffer.concat([bytes, good.subarray(bytes.length)]));
        expect(readAll(damaged)).toBe(changed ? "SEGMENT_TABLE" : readAll(path));
      }),
      { numRuns: 200 },
    );
  });
});

function headerOf(chunkCount: number): Parameters<typeof encodeContainer>[0] {
  return { fileLength: good.length, sectionCount: 6, chunkCount, blockSizeLog2: 13 };
}

describe("an open segment", () => {
  test("refuses another digest than the one asked for", () => {
    const digest = `sha256:${"0".repeat(64)}` as const;
    expect(codeOf(() => openSegment(path, { digest }))).toBe("SEGMENT_DIGEST");
  });

  test("refuses ranges outside a section and sections that are not there", () => {
    using segment = openSegment(path);
    const bad = [
      [-1, 4],
      [0, big.length + 1],
      [big.length, 1],
      [2 ** 53, 1],
      [0.5, 1],
      [0, -1],
      [0, Number.NaN],
    ] as const;
    for (const [offset, length] of bad) {
      expect(codeOf(() => segment.slice(sectionId.postings, offset, length))).toBe(
        "SEGMENT_BOUNDS",
      );
    }
    expect(codeOf(() => segment.section(0x4000))).toBe("SEGMENT_SECTION");
    expect(segment.slice(sectionId.postings, big.length, 0)).toHaveLength(0);
  });

  test("reads a section into memory of the caller, verified", () => {
    using segment = openSegment(path);
    const memory = new Uint8Array(big.length + 10).fill(9);
    expect(segment.section(sectionId.postings, memory)).toHaveLength(big.length);
    expect(Buffer.from(memory.subarray(0, big.length)).equals(big)).toBe(true);
    expect(memory[big.length]).toBe(9);
    const small = new Uint8Array(3);
    expect(codeOf(() => segment.section(sectionId.postings, small))).toBe("SEGMENT_BOUNDS");
  });

  test("notices that the file changes while it is open", () => {
    writeFileSync(damaged, good);
    using segment = openSegment(damaged);
    const at = (segment.entry(sectionId.postings)?.offset ?? 0) + 10;
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    expect(codeOf(() => segment.slice(sectionId.postings, 0, 4))).toBe("SEGMENT_DIGEST");
    expect(codeOf(() => segment.section(sectionId.postings))).toBe("SEGMENT_DIGEST");
    expect(segment.verify().map((finding) => finding.code)).toEqual([
      "SEGMENT_DIGEST",
      "SEGMENT_DIGEST",
    ]);
    truncateSync(damaged, at);
    expect(codeOf(() => segment.section(sectionId.postings))).toBe("SEGMENT_TRUNCATED");
    expect(segment.verify().map((finding) => finding.code)).toContain("SEGMENT_TRUNCATED");
  });

  test("answers nothing after it was closed", () => {
    const segment = openSegment(path);
    let released = 0;
    segment.whenClosed(() => (released += 1));
    expect(segment.descriptor).toBeGreaterThan(0);
    segment.close();
    segment.close();
    expect(released).toBe(1);
    expect(codeOf(() => segment.descriptor)).toBe("SEGMENT_CLOSED");
    expect(codeOf(() => segment.section(sectionId.texts))).toBe("SEGMENT_CLOSED");
    expect(codeOf(() => segment.slice(sectionId.texts, 0, 0))).toBe("SEGMENT_CLOSED");
    expect(codeOf(() => segment.verify())).toBe("SEGMENT_CLOSED");
  });
});

describe("sections from the future", () => {
  test("are ignored unless they must be understood", async () => {
    const future = join(folder, "future.seg");
    await writeSegment(future, [{ id: 0x0999, stride: 1, bytes: new Uint8Array(5) }]);
    expect(codeOf(() => openSegment(future).close())).toBe("done");
    const bytes = readFileSync(future);
    for (const [flags, code] of [
      [1, "SEGMENT_UNKNOWN_SECTION"],
      [2, "SEGMENT_UNKNOWN_SECTION"],
      [0x1_0000, "done"],
    ] as const) {
      writeFileSync(damaged, withFlags(bytes, flags));
      expect(codeOf(() => openSegment(damaged).close())).toBe(code);
    }
  });

  test("a later major version is refused by name, a later minor one is read", () => {
    const major = Buffer.from(good);
    major[8] = 2;
    writeFileSync(damaged, major);
    expect(codeOf(() => openSegment(damaged))).toBe("SEGMENT_VERSION");
    const minor = Buffer.from(good);
    minor[10] = 1;
    writeFileSync(damaged, sealed(minor, 6));
    expect(readAll(damaged)).toBe(readAll(path));
  });
});

function withFlags(bytes: Buffer, flags: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(flags, 128 + 4);
  return sealed(copy, 2);
}

/** Gives header and table the digest that belongs to them. */
function sealed(bytes: Buffer, sectionCount: number): Buffer {
  const parts = [bytes.subarray(0, 96), bytes.subarray(128, 128 + 96 * sectionCount)];
  bytes.set(sha256(...parts), 96);
  return bytes;
}
