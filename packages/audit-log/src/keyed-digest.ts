import { createHmac, hkdfSync } from "node:crypto";

import type { KeyedDigest } from "./records.ts";

/** Makes the function that gives keyed digests for a log, from the seed of its key. */
export function keyedDigestOf(seed: Uint8Array): (text: string) => KeyedDigest {
  const info = "clawkeep/audit/keyed-digest/v1";
  const key = new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), info, 32));
  return (text) => `hmac-sha256:${createHmac("sha256", key).update(text, "utf8").digest("hex")}`;
}
