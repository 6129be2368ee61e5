import { createHash, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";

import { CodedError } from "@clawkeep/diagnostics";

import { decodeBase64, encodeBase64 } from "./strict-base64.ts";

/** The private side of a key for signed notes. */
export interface NoteSigner {
  readonly name: string;
  /** The note format's key hash: 8 hex digits. */
  readonly keyId: string;
  /** The 32-byte Ed25519 seed: secret. */
  readonly seed: Uint8Array;
  readonly privateKey: KeyObject;
}

/** The public side of a key for signed notes. */
export interface NoteVerifier {
  readonly name: string;
  /** The note format's key hash: 8 hex digits. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** A new key, in the two texts in which Go's `sumdb/note` keeps one. */
export interface KeyPair {
  /** `PRIVATE+KEY+<name>+<key id>+<base64>`: secret. */
  readonly signerKey: string;
  /** `<name>+<key id>+<base64>`. */
  readonly verifierKey: string;
}

// The format's number for Ed25519, first byte of both encodings.
const ed25519: number = 1;
const keyBytes: number = 32;
// RFC 8410: the fixed DER that stands before the 32 bytes of an Ed25519 key.
const privateKeyInfo: Uint8Array = Buffer.from("302e020100300506032b657004220420", "hex");
const publicKeyInfo: Uint8Array = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Makes an Ed25519 key for signed notes.
 *
 * @param name Who signs, such as a log's origin: not empty, no white space, no `+`.
 * @param seed The 32 bytes that the key is made of; random by default.
 * @throws CodedError `NOTE_KEY_NAME`
 */
export function createKeyPair(name: string, seed: Uint8Array = randomBytes(keyBytes)): KeyPair {
  if (!isKeyName(name)) {
    throw new CodedError({
      code: "NOTE_KEY_NAME",
      message: `expected a key name without white space or "+", got ${JSON.stringify(name)}`,
    });
  }
  const publicBytes = rawPublicKey(privateKeyOf(seed));
  const keyId = keyIdOf(name, publicBytes);
  return {
    signerKey: `PRIVATE+KEY+${name}+${keyId}+${encodeKey(seed)}`,
    verifierKey: `${name}+${keyId}+${encodeKey(publicBytes)}`,
  };
}

/**
 * Reads a private key in the form of {@link createKeyPair}.
 *
 * @throws CodedError `NOTE_KEY_MALFORMED`, without the key's text, which is secret.
 */
export function parseSignerKey(text: string): NoteSigner {
  const rest = text.startsWith("PRIVATE+KEY+") ? text.slice("PRIVATE+KEY+".length) : "";
  const { name, keyId, key } = splitKey(rest, "signer key PRIVATE+KEY+<name>+<key id>+<base64>");
  const privateKey = privateKeyOf(key);
  if (keyIdOf(name, rawPublicKey(privateKey)) !== keyId) {
    throw malformed("signer key whose key id is that of its name and key");
  }
  return { name, keyId, seed: key, privateKey };
}

/**
 * Reads a public key in the form of {@link createKeyPair}.
 *
 * @throws CodedError `NOTE_KEY_MALFORMED`
 */
export function parseVerifierKey(text: string): NoteVerifier {
  const { name, keyId, key } = splitKey(text, "verifier key <name>+<key id>+<base64>");
  if (keyIdOf(name, key) !== keyId) {
    throw malformed("verifier key whose key id is that of its name and key");
  }
  const der = Buffer.concat([publicKeyInfo, key]);
  return { name, keyId, publicKey: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

/** The public side of a signer. */
export function verifierOf(signer: NoteSigner): NoteVerifier {
  const { name, keyId, privateKey } = signer;
  return { name, keyId, publicKey: createPublicKey(privateKey) };
}

/** The text of a public key, in the form of {@link createKeyPair}. */
export function formatVerifierKey({ name, keyId, publicKey }: NoteVerifier): string {
  const der = publicKey.export({ format: "der", type: "spki" });
  return `${name}+${keyId}+${encodeKey(der.subarray(publicKeyInfo.length))}`;
}

/** True for a name that the note format allows: no Unicode white space, no `+`, not empty. */
export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !/[\s\u0085+]/u.test(name);
}

function splitKey(
  text: string,
  expected: string,
): { name: string; keyId: string; key: Uint8Array } {
  // The base64 may hold "+" too; the name and the id may not.
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  const [, name = "", keyId = "", encoded = ""] = match ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || bytes?.length !== keyBytes + 1 || bytes[0] !== ed25519) {
    throw malformed(expected);
  }
  return { name, keyId, key: bytes.subarray(1) };
}

function encodeKey(key: Uint8Array): string {
  return encodeBase64(Buffer.concat([Uint8Array.of(ed25519), key]));
}

function keyIdOf(name: string, publicBytes: Uint8Array): string {
  const hash = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(ed25519));
  return hash.update(publicBytes).digest("hex").slice(0, 8);
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([privateKeyInfo, seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return der.subarray(publicKeyInfo.length);
}

function malformed(expected: string): CodedError {
  return new CodedError({
    code: "NOTE_KEY_MALFORMED",
    message: `expected an Ed25519 ${expected}, got another text`,
  });
}
