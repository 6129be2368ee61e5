import { hash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { RowDigests } from "./row-digests.ts";

test("digests of rows do not depend on how the bytes come", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.nat(100), { maxLength: 20 }),
      (bytes, group, cuts) => {
        const digests = new RowDigests(group, bytes.length);
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          digests.add(bytes.subarray(from, from + cut));
          from += cut;
        }
        const expected: Uint8Array[] = [];
        for (let start = 0; start < bytes.length; start += group) {
          expected.push(hash("sha256", bytes.subarray(start, start + group), "buffer"));
        }
        expect(Buffer.from(digests.finish()).equals(Buffer.concat(expected))).toBe(true);
      },
    ),
  );
});
