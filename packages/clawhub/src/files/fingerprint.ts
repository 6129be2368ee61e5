import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import type { PublishedFile } from "./read-published.ts";

/**
 * The order in which the registry's CLI sorts paths: `localeCompare`, here with the locale named, so
 * that a German and an English machine get one fingerprint. Node without `LANG` is `en-US`.
 */
const collator: Intl.Collator = new Intl.Collator("en-US");

/** Compares two paths as {@link registryFingerprint} sorts them; 0 for some that differ (`ab`, `a\u{ad}b`). */
export function comparePaths(a: string, b: string): number {
  return collator.compare(a, b);
}

/**
 * The registry's fingerprint of a skill: SHA-256 over the lines `path:hex`, sorted by path as
 * `localeCompare` does, joined by LF (npm `clawhub` 0.23.3, `buildSkillFingerprint`). `skills.lock`
 * has a digest of its own, `folderDigest`, which sorts by bytes.
 */
export function registryFingerprint(
  files: readonly Pick<PublishedFile, "path" | "digest">[],
): Digest {
  const lines = [...files]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ path, digest }) => `${path}:${digest.slice("sha256:".length)}`);
  return digestBytes(lines.join("\n"));
}
