import { createHmac, hkdfSync } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { keyedDigestOf } from "./keyed-digest.ts";

test("is HMAC-SHA-256 under a key of the log, of any text", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.string({ unit: "binary", maxLength: 300 }),
      (seed, text) => {
        const info = "clawkeep/audit/keyed-digest/v1";
        const key = new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), info, 32));
        const expected = createHmac("sha256", key).update(text, "utf8").digest("hex");
        expect(keyedDigestOf(seed)(text)).toBe(`hmac-sha256:${expected}`);
      },
    ),
  );
});
