import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { loadWordPiece } from "./word-piece.ts";

const vocabulary = readFileSync(join(modelFolder(), modelManifest.files.vocabulary.path));
// The reference is held against the table, the list against the table.
const wordPiece = loadWordPiece(readFileSync(join(modelFolder(), modelManifest.files.words.path)));
const everything = 1_000_000;
const loadedAfresh = loadWordPiece(vocabulary);

const textCase = z.strictObject({
  name: z.string(),
  text: z.string(),
  ids: z.array(z.int()),
  /** Present when `ids` is cut to 256. */
  count: z.int().optional(),
});
const blockCase = z.strictObject({ block: z.int(), size: z.int(), sha256: z.string() });
const lines = readFileSync(
  new URL("../../fixtures/wordpiece-v1.jsonl", import.meta.url),
  "utf8",
).trimEnd();
const cases = lines
  .split("\n")
  .map((line) => z.union([textCase, blockCase]).parse(JSON.parse(line)));
const texts = cases.filter((line) => "text" in line);
const blocks = cases.filter((line) => "block" in line);

describe("the reference tokeniser", () => {
  test("gives the same ids for texts of every kind", () => {
    expect(texts.length).toBeGreaterThan(1000);
    const differing = texts.filter(({ text, ids, count }) => {
      const encoded = wordPiece.encode(text, count === undefined ? everything : 256);
      return encoded.join() !== ids.join() || wordPiece.count(text) !== (count ?? ids.length - 2);
    });
    expect(differing).toEqual([]);
  });

  test("gives the same ids for every code point, within a word, alone and under a mark", () => {
    expect(blocks.length).toBe(272);
    const differing = blocks.filter(({ block, size, sha256 }) => {
      const digest = createHash("sha256");
      for (let codePoint = block; codePoint < block + size; codePoint += 1) {
        if (codePoint < 0xd800 || codePoint > 0xdfff) {
          const character = String.fromCodePoint(codePoint);
          const text = `a${character}b ${character}\u0301A${character}`;
          const ids = wordPiece.encode(text, everything);
          digest.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
        }
      }
      return digest.digest("hex").slice(0, 32) !== sha256;
    });
    expect(differing).toEqual([]);
  });
});

describe("encoding", () => {
  test("cuts to the number of tokens asked for, with the ends kept", () => {
    const whole = wordPiece.encode("one two three four five", everything);
    for (let maxTokens = 2; maxTokens <= 10; maxTokens += 1) {
      const cut = wordPiece.encode("one two three four five", maxTokens);
      const kept = Math.min(maxTokens, whole.length) - 1;
      expect([...cut]).toEqual([...whole.subarray(0, kept), 102]);
    }
  });

  test("cuts within a word as the reference does: pieces first, then the cut", () => {
    const whole = wordPiece.encode("internationalizationally", everything);
    expect(whole.length).toBeGreaterThan(3);
    expect([...wordPiece.encode("internationalizationally", 3)]).toEqual([101, whole[1], 102]);
  });

  test("never splits differently because of the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 2, max: 20 }), (text, limit) => {
        const whole = wordPiece.encode(text, everything);
        const cut = wordPiece.encode(text, limit);
        expect(cut.length).toBe(Math.min(limit, whole.length));
        expect([...cut.subarray(0, -1)]).toEqual([...whole.subarray(0, cut.length - 1)]);
        expect(wordPiece.count(text)).toBe(whole.length - 2);
      }),
    );
  });

  test("treats a lone surrogate as U+FFFD, which is dropped", () => {
    expect(wordPiece.encode("a\ud800b\udc00 \udfff", 256)).toEqual(wordPiece.encode("ab", 256));
  });

  test("keeps nothing from the text before", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
        const alone = loadedAfresh.encode(one, 64);
        wordPiece.encode(other, 64);
        expect(wordPiece.encode(one, 64)).toEqual(alone);
      }),
    );
  });

  test("survives a text of a million characters without a space", () => {
    expect(wordPiece.count("x".repeat(1_000_000))).toBe(1);
    expect(wordPiece.count("中".repeat(300_000))).toBe(300_000);
    expect(wordPiece.count("a")).toBe(1);
  });

  test("refuses a limit without room for both ends", () => {
    expect(() => wordPiece.encode("a", 1)).toThrow(RangeError);
    expect(() => wordPiece.encode("a", Number.NaN)).toThrow(RangeError);
  });
});

describe("a vocabulary that is none", () => {
  test.each([
    ["empty", new Uint8Array()],
    ["no line end", Buffer.from("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nabc")],
    ["no special tokens", Buffer.from("a\nb\nc\nsome longer entries\nto fill\nthe table\n")],
    ["not UTF-8", Buffer.from([0xff, 0xfe, 10])],
    ["only line ends", Buffer.from("\n".repeat(10_000))],
    ["a line without end", Buffer.from(`${"a".repeat(1000)}\n`)],
    ["cut short", vocabulary.subarray(0, 100_000)],
  ])("is refused with a code: %s", (_, bytes) => {
    expect(() => loadWordPiece(bytes)).toThrow(
      expect.objectContaining({ code: "VOCABULARY_INVALID" }) as Error,
    );
  });
});
