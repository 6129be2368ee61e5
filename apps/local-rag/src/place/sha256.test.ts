import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { sha256Hex } from "./sha256.ts";

const byNode = (text: string): string => createHash("sha256").update(text).digest("hex");

test("gives what Node's own gives, for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      expect(sha256Hex(text)).toBe(byNode(text));
    }),
    { numRuns: 60 },
  );
});

test("gives the same at every length around the ends of a block", () => {
  for (let length = 0; length <= 200; length += 1) {
    expect(sha256Hex("a".repeat(length))).toBe(byNode("a".repeat(length)));
  }
});
