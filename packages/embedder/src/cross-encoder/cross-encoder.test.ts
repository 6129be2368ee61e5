import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { loadWordPiece } from "../word-piece/word-piece.ts";
import { openCrossEncoder } from "./open-cross-encoder.ts";
import { pairIds } from "./pair-ids.ts";
import { tinyCrossEncoder } from "./tiny-onnx.cases.ts";

const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fog", "lamp", "oil", "the"];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-cross-"));
  writeFileSync(path.join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (bytes: Uint8Array): void => writeFileSync(path.join(folder, "model.onnx"), bytes);

describe("a cross-encoder that the user brings (here a stand-in with random weights)", () => {
  test("gives each passage its own number, the same each time, in any company", async () => {
    write(tinyCrossEncoder(vocabulary.length));
    const encoder = await openCrossEncoder(folder);
    const together = await encoder.score("the fog", ["lamp", "oil", "the oil lamp"]);
    expect(together).toHaveLength(3);
    expect(new Set(together).size).toBe(3);
    expect(await encoder.score("the fog", ["oil"])).toEqual(together.subarray(1, 2));
    expect(await encoder.score("the fog", [])).toHaveLength(0);
    encoder.close();
  });

  test("is read with the query in front, and never more than it can read", () => {
    const wordPiece = loadWordPiece(Buffer.from(`${vocabulary.join("\n")}\n`));
    const { ids, types } = pairIds(wordPiece, "the fog", "lamp oil");
    expect([...ids].map(Number)).toEqual([2, 8, 5, 3, 6, 7, 3]);
    expect([...types].map(Number)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(pairIds(wordPiece, "fog ".repeat(900), "oil ".repeat(900)).ids).toHaveLength(512);
  });

  test("is refused when its weights lie elsewhere, or it wants something else", async () => {
    writeFileSync(path.join(folder, "weights"), "");
    for (const externalPath of ["../weights", "weights", "/etc/passwd"]) {
      write(tinyCrossEncoder(vocabulary.length, { externalPath }));
      await expect(openCrossEncoder(folder)).rejects.toMatchObject({ code: "RERANKER_REFUSED" });
    }
    write(tinyCrossEncoder(vocabulary.length, { inputs: ["pixels"] }));
    await expect(openCrossEncoder(folder)).rejects.toMatchObject({ code: "RERANKER_REFUSED" });
  });

  test("that is damaged or missing is an error, and no crash", async () => {
    await expect(openCrossEncoder(folder)).rejects.toMatchObject({ code: "RERANKER_MISSING" });
    const whole = tinyCrossEncoder(vocabulary.length);
    for (const length of [0, 1, 20, whole.length >> 1, whole.length - 1]) {
      write(whole.subarray(0, length));
      await expect(openCrossEncoder(folder)).rejects.toMatchObject({
        code: expect.stringMatching(/^RERANKER_(?:SESSION|REFUSED)$/u),
      });
    }
    rmSync(path.join(folder, "model.onnx"));
    symlinkSync("/etc/passwd", path.join(folder, "model.onnx"));
    await expect(openCrossEncoder(folder)).rejects.toMatchObject({ code: "RERANKER_REFUSED" });
  });

  test("with more words than its table is an error of that passage", async () => {
    write(tinyCrossEncoder(2));
    const encoder = await openCrossEncoder(folder);
    await expect(encoder.score("fog", ["oil"])).rejects.toMatchObject({ code: "RERANKER_FAILED" });
    encoder.close();
  });
});
