import { createHash } from "node:crypto";

/** Length of every hash of the tree, in bytes. */
export const hashBytes: number = 32;

const leafPrefix: Uint8Array = Uint8Array.of(0);
const nodePrefix: Uint8Array = Uint8Array.of(1);

/** SHA-256(0x00, data): RFC 6962, section 2.1. The prefix keeps leaves apart from inner nodes. */
export function leafHash(data: Uint8Array | string): Uint8Array {
  return createHash("sha256").update(leafPrefix).update(data).digest();
}

/** SHA-256(0x01, left, right): RFC 6962, section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash("sha256").update(nodePrefix).update(left).update(right).digest();
}

/** The root over no leaves: SHA-256 of nothing. */
export function emptyTreeHash(): Uint8Array {
  return createHash("sha256").digest();
}

/** True when two hashes have the same bytes. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
