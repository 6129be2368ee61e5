import fc from "fast-check";
import { expect, test } from "vitest";

import { addBit, countBits, createBitset, hasBit } from "./bitset.ts";

test("a bitset holds what was put in and nothing else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.array(fc.nat(199)), (size, ids) => {
      const set = createBitset(size);
      const inside = new Set(ids.filter((id) => id < size));
      inside.forEach((id) => addBit(set, id));
      for (let id = 0; id < 256; id += 1) {
        expect(hasBit(set, id)).toBe(inside.has(id));
      }
      expect(countBits(set, size)).toBe(inside.size);
    }),
  );
});

test("ids from the size on are not counted, whatever the last word holds", () => {
  const set = new Uint32Array([0xffffffff, 0xffffffff]);
  expect([0, 1, 31, 32, 33, 64, 1000].map((size) => countBits(set, size))).toEqual([
    0, 1, 31, 32, 33, 64, 64,
  ]);
});
