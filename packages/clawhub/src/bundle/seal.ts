import { CodedError } from "@clawkeep/diagnostics";
import { parseSignerKey, parseVerifierKey, signNote, verifyNote } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import type { BundleLabel } from "./bundle-comment.ts";

/** What a seal vouches for. */
export interface Sealed extends BundleLabel {
  /** Of the bundle's bytes. */
  readonly digest: Digest;
}

function statement({ slug, digest, fingerprint }: Sealed): string {
  return `clawkeep skill seal 1\n${slug}\nbundle ${digest}\nfingerprint ${fingerprint}\n`;
}

/**
 * Signs a bundle: a signed note (Go's `sumdb/note`, Ed25519) that lies beside it.
 *
 * @param signerKey As `createKeyPair` writes it: secret.
 * @throws CodedError `NOTE_KEY_MALFORMED`
 */
export function sealBundle(sealed: Sealed, signerKey: string): string {
  return signNote(statement(sealed), parseSignerKey(signerKey.trim()));
}

/**
 * Checks a seal against a key that the reader already has.
 *
 * @returns the name of the key
 * @throws CodedError `NOTE_KEY_MALFORMED`, `NOTE_MALFORMED`, `NOTE_UNSIGNED`, `NOTE_SIGNATURE`,
 *   `BUNDLE_SEAL_OTHER` when the note is of another bundle
 */
export function verifySeal(sealed: Sealed, seal: string, verifierKey: string): string {
  const verifier = parseVerifierKey(verifierKey.trim());
  const { text } = verifyNote(seal, verifier);
  if (text === statement(sealed)) return verifier.name;
  throw new CodedError({
    code: "BUNDLE_SEAL_OTHER",
    message: `expected a seal of ${sealed.digest}, got one of another bundle`,
    hint: "Bundle and seal do not belong together: get both again from the author.",
  });
}
