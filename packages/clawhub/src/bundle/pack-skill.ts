import { basename, resolve } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import { registryFingerprint } from "../files/fingerprint.ts";
import { readPublished } from "../files/read-published.ts";
import type { LeftOut, PublishedFile } from "../files/read-published.ts";
import { bundleComment } from "./bundle-comment.ts";
import { writeZip } from "./write-zip.ts";

/** What packing a folder came to. */
export interface SkillPack {
  /** The registry's name for it: the folder's, in its form. Empty when nothing of the name is left. */
  readonly slug: string;
  /** Undefined when a finding is an error. */
  readonly bundle: Uint8Array | undefined;
  /** Of the bundle's bytes. */
  readonly digest: Digest | undefined;
  /** The registry's, over the files. */
  readonly fingerprint: Digest | undefined;
  readonly files: readonly PublishedFile[];
  readonly leftOut: readonly LeftOut[];
  readonly findings: readonly Finding[];
}

/** The slug that the registry's CLI makes of a folder name (npm `clawhub` 0.23.3, `sanitizeSlug`). */
export function slugOf(folder: string): string {
  return basename(resolve(folder))
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/gu, "-")
    .replace(/^-+/u, "")
    .replace(/-+$/u, "")
    .replaceAll(/--+/gu, "-");
}

/**
 * Packs what the registry would get of a skill folder into one archive. The same files give the same
 * bytes, whatever machine, user, time, umask and order of the folder. Writes nothing.
 */
export async function packSkill(folder: string): Promise<SkillPack> {
  const slug = slugOf(folder);
  const { files, leftOut, findings } = await readPublished(folder);
  const all: readonly Finding[] =
    slug === ""
      ? [
          ...findings,
          {
            code: "PACK_SLUG",
            severity: "error",
            message: "expected a folder name with letters a-z or digits",
            hint: "Rename the folder: its name becomes the slug.",
            file: folder,
          },
        ]
      : findings;
  if (all.length > 0) {
    const none = { bundle: undefined, digest: undefined, fingerprint: undefined };
    return { slug, ...none, files, leftOut, findings: all };
  }
  const fingerprint = registryFingerprint(files);
  const bundle = writeZip(files, bundleComment({ slug, fingerprint }));
  return { slug, bundle, digest: digestBytes(bundle), fingerprint, files, leftOut, findings: all };
}
