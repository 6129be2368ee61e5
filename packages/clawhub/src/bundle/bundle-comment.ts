import { isDigest } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

/** What a bundle says of itself, in the comment of its archive: no file is added to the skill's. */
export interface BundleLabel {
  readonly slug: string;
  readonly fingerprint: Digest;
}

const first = "clawkeep skill bundle 1";

/** Three lines: format, slug, the registry's fingerprint. */
export function bundleComment({ slug, fingerprint }: BundleLabel): string {
  return `${first}\n${slug}\n${fingerprint}\n`;
}

/** Reads what {@link bundleComment} wrote, and nothing else. */
export function parseBundleComment(text: string): BundleLabel | undefined {
  const [format, slug = "", fingerprint, last, ...rest] = text.split("\n");
  if (format !== first || last !== "" || rest.length > 0 || !isDigest(fingerprint))
    return undefined;
  return /^[a-z0-9](?:-?[a-z0-9])*$/u.test(slug) ? { slug, fingerprint } : undefined;
}
