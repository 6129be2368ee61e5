import fc from "fast-check";
import { expect, test } from "vitest";

import { inBlocks } from "./in-blocks.ts";

test("parts of any length come out as the same bytes in few blocks", () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(0, 262_143, 262_144, 300_000)), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const parts = lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
      const blocks = Array.from(inBlocks(parts), (block) => block.slice());
      expect(Buffer.concat(blocks).equals(Buffer.concat(parts))).toBe(true);
      const bytes = lengths.reduce((sum, length) => sum + length, 0);
      expect(blocks.length).toBeLessThanOrEqual(1 + (2 * bytes) / 262_144);
      expect(blocks.every((block) => block.length > 0)).toBe(true);
    }),
    { numRuns: 50 },
  );
});
