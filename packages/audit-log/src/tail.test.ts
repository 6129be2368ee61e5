import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { judgeTail } from "./tail.ts";

const line: fc.Arbitrary<Buffer> = fc
  .string({ minLength: 1, maxLength: 30, unit: "grapheme-ascii" })
  .map((text) => Buffer.from(`${text}\n`));

describe("the end of a log", () => {
  test("is whole, torn, zeroed or changed, and nothing else is torn", () => {
    fc.assert(
      fc.property(line, fc.nat(), fc.nat(40), (expected, cut, zeroes) => {
        const present = cut % expected.length;
        const begun = expected.subarray(0, present);
        expect(judgeTail(expected, expected)).toEqual({ state: "whole" });
        expect(judgeTail(expected, begun)).toEqual({
          state: present === 0 ? "short" : "torn",
          present,
        });
        const padded = Buffer.concat([begun, Buffer.alloc(zeroes)]);
        const state = padded.length > expected.length ? "changed" : "zeroed";
        if (zeroes > 0) {
          expect(judgeTail(expected, padded).state).toBe(state);
        }
      }),
    );
  });

  test("is changed by any other byte in it, or any more bytes after it", () => {
    fc.assert(
      fc.property(line, fc.nat(), fc.integer({ min: 1, max: 255 }), (expected, at, value) => {
        const changed = Buffer.from(expected);
        changed[at % expected.length] = value;
        const state = changed.equals(expected) ? "whole" : "changed";
        expect(judgeTail(expected, changed).state).toBe(state);
        expect(judgeTail(expected, Buffer.concat([expected, Buffer.of(value)])).state).toBe(
          "changed",
        );
      }),
    );
  });

  test("of a log without records is nothing", () => {
    expect(judgeTail(Buffer.alloc(0), Buffer.alloc(0))).toEqual({ state: "whole" });
    expect(judgeTail(Buffer.alloc(0), Buffer.of(0))).toEqual({ state: "changed" });
  });
});
