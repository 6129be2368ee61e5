import { sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

import { CodedError } from "@clawkeep/diagnostics";

import type { NoteSigner } from "./note-keys.ts";
import { encodeBase64 } from "./strict-base64.ts";

/** What an envelope carries: bytes, and what they are. The signature holds for both. */
export interface DssePayload {
  /** A media type or a URI, such as `application/vnd.in-toto+json`. */
  readonly payloadType: string;
  readonly payload: Uint8Array;
}

// An envelope that is longer is refused before it is parsed.
const maxEnvelopeLength: number = 16 << 20;
const maxSignatures: number = 100;

/**
 * The bytes that are signed, DSSE's pre-authentication encoding: `DSSEv1 <length> <type> <length>
 * <payload>`, lengths in bytes. No two pairs of type and payload have the same.
 *
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, version 1.0.2.
 */
export function preAuthenticationEncoding({ payloadType, payload }: DssePayload): Uint8Array {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/**
 * Signs a payload and puts it into a DSSE envelope: one line of JSON. It has no hint which key it was:
 * there is no one form of it, and verifiers pass over a signature whose hint is not in theirs.
 */
export function signEnvelope(content: DssePayload, signer: NoteSigner): string {
  const sig = encodeBase64(sign(null, preAuthenticationEncoding(content), signer.privateKey));
  const payload = encodeBase64(content.payload);
  return `${JSON.stringify({ payload, payloadType: content.payloadType, signatures: [{ sig }] })}\n`;
}

/**
 * Reads a DSSE envelope and checks that one of its signatures is by this key. The hints in it decide
 * nothing, and members that DSSE does not name are passed over, as it asks.
 *
 * @param key An Ed25519 key; the format itself says nothing of algorithms.
 * @throws CodedError `DSSE_MALFORMED`, `DSSE_SIGNATURE`
 */
export function openEnvelope(text: string, key: KeyObject): DssePayload {
  const { content, signatures } = parseEnvelope(text);
  const signed = preAuthenticationEncoding(content);
  if (!signatures.some((signature) => verify(null, signed, key, signature))) {
    throw new CodedError({
      code: "DSSE_SIGNATURE",
      message: `expected a signature by the given key over this payload and its type, got ${signatures.length} that are not`,
    });
  }
  return content;
}

function parseEnvelope(text: string): {
  readonly content: DssePayload;
  readonly signatures: readonly Uint8Array[];
} {
  if (text.length > maxEnvelopeLength) {
    throw malformed(`at most ${maxEnvelopeLength} characters, got ${text.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed("a JSON object, got text that is not JSON", cause);
  }
  const payloadType = member(value, "payloadType");
  const signatures = member(value, "signatures");
  if (typeof payloadType !== "string" || payloadType === "" || !payloadType.isWellFormed()) {
    throw malformed("a payloadType");
  }
  if (!Array.isArray(signatures) || signatures.length < 1 || signatures.length > maxSignatures) {
    throw malformed(`1 to ${maxSignatures} signatures`);
  }
  return {
    content: { payloadType, payload: bytesOf(member(value, "payload"), "payload") },
    signatures: signatures.map((one) => bytesOf(member(one, "sig"), "sig of each signature")),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** DSSE lets the signer choose between the standard and the URL-safe alphabet. */
function bytesOf(value: unknown, name: string): Uint8Array {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "base64");
    const spellings = [bytes.toString("base64"), bytes.toString("base64url")];
    // Of the URL-safe alphabet both forms are in use: with padding and without.
    const padded = `${spellings[1]}${"=".repeat((3 - (bytes.length % 3)) % 3)}`;
    if (spellings.includes(value) || padded === value) return bytes;
  }
  throw malformed(`base64 as ${name}`);
}

function malformed(expected: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "DSSE_MALFORMED",
    message: `expected a DSSE envelope with ${expected}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
