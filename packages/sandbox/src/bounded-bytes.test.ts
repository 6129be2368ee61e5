import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { boundedBytes } from "./bounded-bytes.ts";

describe.each(["first", "last"] as const)("keeping the %s bytes", (keep) => {
  test("keeps exactly the limit, and says whether more came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.integer({ min: 0, max: 60 }),
        (chunks, limit) => {
          const bounded = boundedBytes(limit, keep);
          for (const chunk of chunks) {
            bounded.add(chunk);
          }
          const whole = Buffer.concat(chunks);
          const kept =
            keep === "first"
              ? whole.subarray(0, limit)
              : whole.subarray(Math.max(0, whole.length - limit));
          expect(Buffer.from(bounded.bytes()).equals(kept)).toBe(true);
          expect(bounded.truncated).toBe(whole.length > limit);
        },
      ),
    );
  });
});
