import { readFileSync } from "node:fs";
import path from "node:path";

import { canonicalJson, digestBytes, leafHash, nodeHash } from "@clawkeep/integrity";
import { addBit, createBitset, hasBit } from "@clawkeep/segment";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeDeleted, encodeDeleted, livingChunks } from "./deleted-bitset.ts";
import type { Snapshot, SnapshotContent } from "./snapshot.ts";
import { formatSnapshot, parseSnapshot } from "./snapshot-json.ts";
import { chunkRoot, snapshotRoot } from "./snapshot-root.ts";

const golden = path.join(
  import.meta.dirname,
  "../../../../fixtures/golden/snapshot-v1/snapshot.json",
);
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `sha256:${Buffer.from(bytes).toString("hex")}` as const);
const segment = fc.record({ digest, chunks: fc.nat(40) }).map(({ digest: of, chunks }) => {
  const deleted = createBitset(chunks);
  if (chunks > 0) {
    addBit(deleted, chunks - 1);
  }
  return {
    file: `${of.slice(7)}.seg`,
    digest: of,
    chunks,
    ...(chunks === 0 ? {} : { deleted: encodeDeleted(deleted, chunks) }),
  };
});
const content: fc.Arbitrary<SnapshotContent> = fc.record({
  format: fc.constant(1 as const),
  spaceId: fc.string(),
  analyser: fc.string(),
  chunker: fc.string(),
  segments: fc.array(segment, { maxLength: 3 }),
  documents: fc.nat(),
  chunks: fc.nat(),
  chunkRoot: digest,
});
const snapshot: fc.Arbitrary<Snapshot> = fc.tuple(content, fc.nat()).map(([of, sequence]) => ({
  ...of,
  indexId: "0123456789abcdef0123456789abcdef",
  sequence,
  snapshotRoot: snapshotRoot(of),
}));

describe("snapshot.json", () => {
  test("reads back what was written", () => {
    fc.assert(
      fc.property(snapshot, (value) => {
        expect(parseSnapshot(formatSnapshot(value), "f")).toEqual(value);
      }),
    );
  });

  test("of format 1 stays readable, byte for byte", () => {
    const text = readFileSync(golden, "utf8");
    const value = parseSnapshot(text, golden);
    expect(formatSnapshot(value)).toBe(text);
    expect(value).toMatchObject({ documents: 3, chunks: 7, sequence: 12 });
    expect(value.segments.map(livingChunks)).toEqual([6, 1]);
  });

  test("is refused when any of it was changed, and never crashes the reader", () => {
    const text = readFileSync(golden, "utf8");
    const edit = fc.tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 2 }));
    fc.assert(
      fc.property(edit, ([at, replacement]) => {
        const changed = `${text.slice(0, at)}${replacement}${text.slice(at + replacement.length)}`;
        const ownParts = /"(?:indexId|sequence)":"?[0-9a-f]*/gu;
        fc.pre(changed.replaceAll(ownParts, "") !== text.replaceAll(ownParts, ""));
        expect(() => parseSnapshot(changed, "f")).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^SNAPSHOT_(?:FORMAT|ROOT)$/u) }),
        );
      }),
    );
  });

  test("never names a file outside the folder of segments", () => {
    const text = readFileSync(golden, "utf8");
    const escaping = text.replace(/"file":"[0-9a-f]{64}\.seg"/u, '"file":"../../etc/passwd"');
    expect(() => parseSnapshot(escaping, "f")).toThrow(
      expect.objectContaining({ code: "SNAPSHOT_FORMAT" }),
    );
    const id = text.replace(/"indexId":"[0-9a-f]+"/u, '"indexId":"../../etc/passwd"');
    expect(() => parseSnapshot(id, "f")).toThrow(
      expect.objectContaining({ code: "SNAPSHOT_FORMAT" }),
    );
  });
});

describe("the snapshot root", () => {
  test("covers the content and neither id nor count of publications", () => {
    fc.assert(
      fc.property(snapshot, content, (value, other) => {
        expect(snapshotRoot({ ...value, ...other })).toBe(snapshotRoot(other));
        expect(snapshotRoot({ ...other, documents: other.documents + 1 })).not.toBe(
          snapshotRoot(other),
        );
      }),
    );
  });

  test("holds the RFC 6962 tree of the living chunks", () => {
    const leaf = (
      name: string,
    ): Parameters<typeof chunkRoot>[0] extends Iterable<infer T> ? T : never => ({
      path: name,
      byteStart: 0,
      byteEnd: 4,
      chunkDigest: digestBytes("text"),
      documentDigest: digestBytes("text"),
    });
    const [a, b] = [leaf("a"), leaf("b")];
    const hash = nodeHash(leafHash(canonicalJson({ ...a })), leafHash(canonicalJson({ ...b })));
    expect(chunkRoot([a, b])).toBe(`sha256:${Buffer.from(hash).toString("hex")}`);
    expect(chunkRoot([])).toBe(digestBytes(""));
  });
});

describe("deleted chunks", () => {
  test("come back from base64 exactly", () => {
    const places = fc
      .integer({ min: 1, max: 100 })
      .chain((size) =>
        fc.record({ size: fc.constant(size), ids: fc.uniqueArray(fc.nat(size - 1)) }),
      );
    fc.assert(
      fc.property(places, ({ size, ids }) => {
        const deleted = createBitset(size);
        ids.forEach((id) => addBit(deleted, id));
        const entry = { file: "f", digest: digestBytes(""), chunks: size } as const;
        const decoded = decodeDeleted({ ...entry, deleted: encodeDeleted(deleted, size) });
        for (let id = 0; id < size; id += 1) {
          expect(decoded !== undefined && hasBit(decoded, id)).toBe(ids.includes(id));
        }
        expect(livingChunks({ ...entry, deleted: encodeDeleted(deleted, size) })).toBe(
          size - ids.length,
        );
      }),
    );
  });

  test("of another size are refused", () => {
    const entry = { file: "f", digest: digestBytes(""), chunks: 9, deleted: "AA==" } as const;
    expect(() => decodeDeleted(entry)).toThrow(
      expect.objectContaining({ code: "SNAPSHOT_FORMAT" }),
    );
  });
});
