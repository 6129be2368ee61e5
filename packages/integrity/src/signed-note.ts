import { sign, verify } from "node:crypto";

import { CodedError } from "@clawkeep/diagnostics";

import { isKeyName } from "./note-keys.ts";
import type { NoteSigner, NoteVerifier } from "./note-keys.ts";
import { decodeBase64, encodeBase64 } from "./strict-base64.ts";

/** One signature line of a note: who, and by which key. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
}

/** A note whose signature by one known key was checked. */
export interface VerifiedNote {
  /** The signed text, with its last newline. */
  readonly text: string;
  /** All signature lines in order, those of unknown keys too. */
  readonly signatures: readonly NoteSignature[];
}

// Limits of Go's sumdb/note.
const maxNoteBytes: number = 1_000_000;
const maxSignatures: number = 100;
const signatureBytes: number = 64;
const keyIdBytes: number = 4;

/**
 * Signs a text in the format of Go's `golang.org/x/mod/sumdb/note`: the text, an empty line, and
 * `— <name> <base64 of key id and Ed25519 signature>`.
 *
 * @throws CodedError `NOTE_TEXT` when the text does not end in a newline, or holds control
 *   characters or lone surrogates.
 */
export function signNote(text: string, signer: NoteSigner): string {
  if (!isNoteText(text)) {
    throw new CodedError({
      code: "NOTE_TEXT",
      message: "expected a text that ends in a newline and holds no other control character",
    });
  }
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  const line = Buffer.concat([Buffer.from(signer.keyId, "hex"), signature]);
  return `${text}\n\u2014 ${signer.name} ${encodeBase64(line)}\n`;
}

/**
 * A note with one more signature.
 *
 * @throws CodedError `NOTE_MALFORMED`
 */
export function cosignNote(note: string, signer: NoteSigner): string {
  const { text } = splitNote(note);
  return note + signNote(text, signer).slice(text.length + 1);
}

/**
 * Checks a signed note against a key. Signatures by other keys are listed and not judged.
 *
 * @throws CodedError `NOTE_MALFORMED` (not a signed note, or the key signed it twice),
 *   `NOTE_UNSIGNED` (not signed by this key), `NOTE_SIGNATURE` (signed by it, and the text is not
 *   what was signed).
 */
export function verifyNote(note: string, verifier: NoteVerifier): VerifiedNote {
  const { text, lines } = splitNote(note);
  const own = lines.filter((l) => l.name === verifier.name && l.keyId === verifier.keyId);
  const [first] = own;
  if (first === undefined) {
    throw new CodedError({
      code: "NOTE_UNSIGNED",
      message: `expected a signature by ${verifier.name} (key ${verifier.keyId}), got ${lines.map((l) => `${l.name} (key ${l.keyId})`).join(", ")}`,
    });
  }
  if (own.length > 1) {
    throw malformed(`one signature by ${verifier.name}, got ${own.length}`);
  }
  if (!verify(null, Buffer.from(text), verifier.publicKey, first.signature)) {
    throw new CodedError({
      code: "NOTE_SIGNATURE",
      message: `expected the text that ${verifier.name} signed, got another text or signature`,
    });
  }
  return { text, signatures: lines.map(({ name, keyId }) => ({ name, keyId })) };
}

/**
 * The text of a note, not verified: to find out whose it claims to be.
 *
 * @throws CodedError `NOTE_MALFORMED`
 */
export function unverifiedNoteText(note: string): string {
  return splitNote(note).text;
}

function splitNote(note: string): {
  text: string;
  lines: readonly (NoteSignature & { signature: Uint8Array })[];
} {
  if (Buffer.byteLength(note) > maxNoteBytes || !isNoteText(note)) {
    throw malformed(
      "at most a megabyte of text that ends in a newline, without control characters",
    );
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0) {
    throw malformed("an empty line between text and signatures");
  }
  const signed = note.slice(split + 2, -1);
  const lines = signed === "" ? [] : signed.split("\n");
  if (lines.length === 0 || lines.length > maxSignatures) {
    throw malformed(`1 to ${maxSignatures} signature lines, got ${lines.length}`);
  }
  return { text: note.slice(0, split + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): NoteSignature & { signature: Uint8Array } {
  const [dash, name = "", encoded = "", ...more] = line.split(" ");
  const bytes = decodeBase64(encoded);
  if (dash !== "\u2014" || !isKeyName(name) || more.length > 0 || bytes === undefined) {
    throw malformed("signature lines `\u2014 <name> <base64>`");
  }
  // Other kinds of signature may have other lengths; ours is checked by the verification.
  if (bytes.length < keyIdBytes + 1) {
    throw malformed(`a signature of ${keyIdBytes + signatureBytes} bytes, got ${bytes.length}`);
  }
  const keyId = Buffer.from(bytes.subarray(0, keyIdBytes)).toString("hex");
  return { name, keyId, signature: bytes.subarray(keyIdBytes) };
}

function isNoteText(text: string): boolean {
  return text.endsWith("\n") && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/u.test(text);
}

function malformed(expected: string): CodedError {
  return new CodedError({ code: "NOTE_MALFORMED", message: `expected ${expected}` });
}
