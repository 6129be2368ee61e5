import { CodedError, findingOf } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import { registryFingerprint } from "../files/fingerprint.ts";
import { isManifest } from "../files/read-published.ts";
import { parseBundleComment } from "./bundle-comment.ts";
import { readZip } from "./read-zip.ts";
import { verifySeal } from "./seal.ts";
import { writeZip } from "./write-zip.ts";

/** The seal and the key that it must be of. */
export interface Pinned {
  /** Undefined when there is none beside the bundle. */
  readonly seal: string | undefined;
  readonly verifierKey: string;
}

/** What a bundle was found to be. */
export interface BundleVerdict {
  /** No finding is an error. */
  readonly ok: boolean;
  /**
   * `integrity`: the bytes are what `packSkill` writes of these files, by whomever. `signed`: and the key
   * that was pinned signed them. `none`: neither.
   */
  readonly trust: "none" | "integrity" | "signed";
  /** Name of the key, when signed. */
  readonly signer?: string;
  readonly slug?: string;
  readonly digest: Digest;
  readonly fingerprint?: Digest;
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly digest: Digest;
  }[];
  readonly findings: readonly Finding[];
}

/**
 * Verifies a bundle in memory: nothing is decompressed, unpacked or run. It must be, byte for byte, what
 * packing its files again gives, so that there is no place in it where anything else could be.
 */
export function verifyBundle(bytes: Uint8Array, pinned?: Pinned): BundleVerdict {
  const digest = digestBytes(bytes);
  const content = readZip(bytes);
  const findings: Finding[] = [...content.findings];
  const say = (code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint });
  };
  const files = content.files.map(({ path, bytes: own }) => ({
    path,
    bytes: own.length,
    digest: digestBytes(own),
  }));
  const fingerprint = registryFingerprint(files);
  const label = parseBundleComment(content.comment);
  if (findings.length === 0) {
    if (label === undefined) {
      say("BUNDLE_LABEL", "expected a bundle of skill pack, got another archive", again);
    } else if (label.fingerprint !== fingerprint) {
      const message = `expected files with the fingerprint ${label.fingerprint}, got ${fingerprint}`;
      say("BUNDLE_FINGERPRINT", message, "Files were changed after packing: get it again.");
    } else if (!Buffer.from(writeZip(content.files, content.comment)).equals(bytes)) {
      say("BUNDLE_NOT_CANONICAL", "expected the bytes that packing gives, got others", again);
    }
    if (!files.some(({ path }) => isManifest(path))) {
      say("BUNDLE_NO_SKILL", "expected SKILL.md, got none", again);
    }
  }
  let signer: string | undefined;
  if (findings.length === 0 && pinned !== undefined && label !== undefined) {
    try {
      if (pinned.seal === undefined) throw unsealed();
      signer = verifySeal({ ...label, digest }, pinned.seal, pinned.verifierKey);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      findings.push(findingOf(error));
    }
  }
  const ok = findings.length === 0;
  return {
    ok,
    trust: !ok ? "none" : signer === undefined ? "integrity" : "signed",
    ...(signer === undefined ? {} : { signer }),
    ...(label === undefined ? {} : { slug: label.slug }),
    digest,
    ...(content.findings.length > 0 ? {} : { fingerprint }),
    files,
    findings,
  };
}

const again = "Pack the folder again with `clawkeep-skill pack`.";

function unsealed(): CodedError {
  return new CodedError({
    code: "BUNDLE_SEAL_MISSING",
    message: "expected a seal beside the bundle, got none",
    hint: "Ask the author for the .seal file, or verify without --verifier: integrity only.",
  });
}
