import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { modelFolder, modelManifest } from "../../src/index.ts";
import { buildVocabularyTable } from "./vocabulary-table.ts";

test("the packaged table is the one that follows from the packaged vocabulary", () => {
  const { vocabulary, words } = modelManifest.files;
  const read = (file: string): Buffer => readFileSync(join(modelFolder(), file));
  const table = buildVocabularyTable(read(vocabulary.path).toString("utf8"));
  expect(read(words.path).equals(table)).toBe(true);
});

test("a list that does not end, or is too long for 16 bits, is refused", () => {
  expect(() => buildVocabularyTable("a\nb")).toThrow("end of line");
  expect(() => buildVocabularyTable("a\n".repeat(65_535))).toThrow("65,534");
});
