import {
  appendLeaf,
  compactRoot,
  createKeyPair,
  emptyTree,
  formatCheckpoint,
  leafHash,
  parseSignerKey,
  parseVerifierKey,
  signNote,
} from "@clawkeep/integrity";
import type { CompactTree } from "@clawkeep/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { splitWitness } from "./split-witness.ts";
import { WitnessWatch } from "./witness-watch.ts";

const origin = `clawkeep/audit/${"5".repeat(32)}`;
const pair = createKeyPair(origin, Buffer.alloc(32, 9));
const verifier = parseVerifierKey(pair.verifierKey);
const signer = parseSignerKey(pair.signerKey);

/** Trees over the first 0, 1, 2 … records. */
function grow(records: readonly string[]): CompactTree[] {
  const trees: CompactTree[] = [emptyTree];
  for (const record of records) trees.push(appendLeaf(trees.at(-1) ?? emptyTree, leafHash(record)));
  return trees;
}

const trees = grow(["a", "b", "c", "d", "e"]);

function note(tree: CompactTree | undefined, by = signer): string {
  const { size, tops } = tree ?? emptyTree;
  return signNote(formatCheckpoint({ origin, size, root: compactRoot({ size, tops }) }), by);
}

const notes = trees.map((tree) => note(tree));
const [zero = "", one = "", two = "", three = ""] = notes;

function found(witness: string, log: readonly CompactTree[] = trees): unknown[] {
  const watch = new WitnessWatch(witness, verifier);
  for (const tree of log) watch.onTree(tree);
  return watch.findings(log.length - 1).map(({ code, line }) => [code, line]);
}

const agreed = [["AUDIT_ROLLBACK_NOT_EXCLUDED", undefined]];

describe("a witness", () => {
  test("agrees when the log continues each of its checkpoints", () => {
    expect(found(zero + one + three)).toEqual(agreed);
    expect(found(`${one}\n${one}\n\n\n${three}\n`)).toEqual(agreed);
  });

  test("finds any log that is shorter than its largest checkpoint, and no other", () => {
    fc.assert(
      fc.property(fc.nat(5), fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }), (size, kept) => {
        const text = kept.map((index) => notes[index]).join("\n");
        const longer = kept.flatMap((index, place) =>
          index > size ? [["AUDIT_ROLLED_BACK", 1 + 6 * place]] : [],
        );
        const expected = longer.length > 0 ? longer : agreed;
        expect(found(text, trees.slice(0, size + 1))).toEqual(expected);
      }),
    );
  });

  test("finds each checkpoint whose records are others now", () => {
    expect(found(zero + one + two + three, grow(["a", "x", "c", "d"]))).toEqual([
      ["AUDIT_REWRITTEN", 11],
      ["AUDIT_REWRITTEN", 16],
    ]);
  });

  test("finds sizes that do not grow, though all are the log's", () => {
    expect(found(three + one + two)).toEqual([
      ["AUDIT_WITNESS_ORDER", 6],
      ["AUDIT_WITNESS_ORDER", 11],
    ]);
  });

  test("finds a checkpoint of another key, of another log, and a changed one", () => {
    const other = parseSignerKey(createKeyPair(origin, Buffer.alloc(32, 8)).signerKey);
    const foreign = one.replaceAll("5555", "6666");
    expect(found(one + note(trees[2], other) + foreign + two.replace("\n2\n", "\n1\n"))).toEqual([
      ["AUDIT_CHECKPOINT_SIGNATURE", 6],
      ["AUDIT_CHECKPOINT_OTHER_LOG", 11],
      ["AUDIT_CHECKPOINT_SIGNATURE", 16],
    ]);
  });

  test("without a checkpoint is not one that agrees", () => {
    for (const text of ["", "\n", "\n\n\n"]) {
      expect(found(text)).toEqual([["AUDIT_WITNESS_EMPTY", 1]]);
    }
  });

  test("is found out by any byte with another value, and never throws", () => {
    const text = Buffer.from(one + three);
    for (let at = 0; at < text.length; at += 1) {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(found(changed.toString())).not.toEqual(agreed);
    }
    fc.assert(fc.property(fc.string(), (any) => void found(any)));
  });

  test("that was torn anywhere says so, and loses no other checkpoint", () => {
    for (let size = 1; size < one.length; size += 1) {
      const codes = found(`${one.slice(0, size)}\n${three}`, trees.slice(0, 2));
      const rolledBack = codes.filter((one) => String(one).startsWith("AUDIT_ROLLED_BACK"));
      expect(rolledBack).toHaveLength(1);
      // Without its last newline alone, the next append makes it whole.
      expect(codes).toHaveLength(size === one.length - 1 ? 1 : 2);
      expect(found(one + three.slice(0, size))).not.toEqual(agreed);
    }
  });
});

test("parts of a witness begin where a checkpoint does, whatever stands before", () => {
  expect(splitWitness(`junk\n\n${one}${two}\ntorn`).map(({ line }) => line)).toEqual([1, 3, 8, 14]);
  expect(splitWitness(`\n${one}\n`)).toEqual([{ line: 2, note: one }]);
});
