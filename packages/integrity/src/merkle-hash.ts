import { hash } from "node:crypto";

/** Length of every hash of the tree, in bytes. */
export const hashBytes: number = 32;

const leafPrefix: Uint8Array = Uint8Array.of(0);
const nodePrefix: Uint8Array = Uint8Array.of(1);

/** SHA-256(0x00, data): RFC 6962, section 2.1. The prefix keeps leaves apart from inner nodes. */
export function leafHash(data: Uint8Array | string): Uint8Array {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  return hash("sha256", Buffer.concat([leafPrefix, bytes]), "buffer");
}

/** SHA-256(0x01, left, right): RFC 6962, section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash("sha256", Buffer.concat([nodePrefix, left, right]), "buffer");
}

/** The root over no leaves: SHA-256 of nothing. */
export function emptyTreeHash(): Uint8Array {
  return hash("sha256", "", "buffer");
}

/** True when two hashes have the same bytes. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
