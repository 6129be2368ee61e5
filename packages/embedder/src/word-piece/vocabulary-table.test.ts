import { readFileSync } from "node:fs";
import { join } from "node:path";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readVocabulary } from "./vocabulary.ts";
import { isVocabularyTable, openVocabularyTable } from "./vocabulary-table.ts";
import { loadWordPiece } from "./word-piece.ts";

const read = (file: string): Buffer => readFileSync(join(modelFolder(), file));
const text = read(modelManifest.files.vocabulary.path);
const file = read(modelManifest.files.words.path);
const list = readVocabulary(text);
const table = openVocabularyTable(file);

describe("the table of words", () => {
  test("knows every entry of the list by its number, and no other word", () => {
    expect([table.size, table.longest]).toEqual([list.size, list.longest]);
    const entries = text.toString("utf8").trimEnd().split("\n");
    expect(entries.every((entry, id) => table.idOf(entry) === id)).toBe(true);
    expect(["", "##", "qqqq", "[cls]"].map((word) => table.idOf(word))).toEqual(
      ["", "##", "qqqq", "[cls]"].map((word) => list.idOf(word)),
    );
  });

  test("gives the same ids as the list for any text", () => {
    const [fromList, fromTable] = [loadWordPiece(text), loadWordPiece(file)];
    const any = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.lorem(),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(any, (words) => {
        expect(fromTable.encode(words, 256)).toEqual(fromList.encode(words, 256));
      }),
      { numRuns: 500 },
    );
  });

  test("is read from any place in memory", () => {
    for (const shift of [1, 2, 3]) {
      const moved = new Uint8Array(file.length + shift).subarray(shift);
      moved.set(file);
      expect(openVocabularyTable(moved).idOf("lighthouse")).toBe(list.idOf("lighthouse"));
    }
  });

  test("is refused when it is cut short or its head says something else", () => {
    expect(isVocabularyTable(text)).toBe(false);
    for (const length of [8, 63, 64, file.length - 2]) {
      expect(() => openVocabularyTable(file.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "VOCABULARY_INVALID" }),
      );
    }
    for (const at of [8, 12, 16, 20, 23]) {
      const forged = Buffer.from(file);
      forged[at] = (forged[at] ?? 0) ^ 0x80;
      expect(() => openVocabularyTable(forged)).toThrow(
        expect.objectContaining({ code: "VOCABULARY_INVALID" }),
      );
    }
  });

  test("whose hash table is full of anything ends every search", () => {
    const forged = Buffer.from(file);
    forged.fill(0xff, 64 + (table.size + 1) * 4, 64 + (table.size + 1) * 4 + 2 * 65_536);
    const opened = openVocabularyTable(forged);
    expect(opened.idOf("lighthouse")).toBe(-1);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1000, maxLength: 1000 }), fc.nat(), (noise, at) => {
        forged.set(noise, 64 + (at % (forged.length - 1064)));
        const units = Uint16Array.from("lighthouse", (letter) => letter.charCodeAt(0));
        const found = openVocabularyTable(forged).longestPrefix(units, 0, units.length, false);
        expect(found).toBeLessThan(65_536 * 128);
      }),
      { numRuns: 20 },
    );
  });
});
