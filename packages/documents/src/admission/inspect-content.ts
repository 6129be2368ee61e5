import { isUtf8 } from "node:buffer";

import { admissionFinding } from "./admission-findings.ts";
import type { AdmissionFinding } from "./admitted-file.ts";
import { findSecretContent } from "./secret-content.ts";

/** How many bytes are read before a file with a NUL byte is given up as binary. */
export const binaryProbeBytes = 8192;

/** Says why content cannot be indexed as text: binary, or not UTF-8. */
export function inspectEncoding(path: string, bytes: Uint8Array): AdmissionFinding | undefined {
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const utf16 =
      (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return utf16
      ? admissionFinding("DOCUMENT_NOT_UTF8", path, "expected UTF-8 text, got UTF-16")
      : admissionFinding(
          "DOCUMENT_BINARY",
          path,
          `expected text, got a NUL byte at byte offset ${nul}`,
        );
  }
  if (isUtf8(bytes)) {
    return undefined;
  }
  const offset = firstInvalidByte(bytes);
  const value = (bytes[offset] ?? 0).toString(16).padStart(2, "0");
  return admissionFinding(
    "DOCUMENT_NOT_UTF8",
    path,
    `expected UTF-8 text, got an invalid sequence at byte offset ${offset} (0x${value})`,
    lineOfByte(bytes, offset),
  );
}

/** Says why content must not be indexed: it holds a private key or an access token. */
export function inspectSecrets(path: string, bytes: Uint8Array): AdmissionFinding | undefined {
  const secret = findSecretContent(bytes);
  if (secret === undefined) {
    return undefined;
  }
  return admissionFinding(
    "DOCUMENT_SECRET_CONTENT",
    path,
    `not indexed: it holds what looks like a secret (${secret.name})`,
    lineOfByte(bytes, secret.byteOffset),
  );
}

/**
 * Offset of the first byte of the first ill-formed sequence (Unicode 16, table 3-7). Valid input
 * gives its length.
 */
export function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      return at;
    }
    at += length;
  }
  return at;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) {
    return 1;
  }
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) {
    return 0;
  }
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    const [low, high] = index === 1 ? secondByteRange(lead) : [0x80, 0xbf];
    if (byte < low || byte > high) {
      return 0;
    }
  }
  return length;
}

/** Excludes overlong forms, surrogates, and code points beyond U+10FFFF. */
function secondByteRange(lead: number): readonly [low: number, high: number] {
  switch (lead) {
    case 0xe0:
      return [0xa0, 0xbf];
    case 0xed:
      return [0x80, 0x9f];
    case 0xf0:
      return [0x90, 0xbf];
    case 0xf4:
      return [0x80, 0x8f];
    default:
      return [0x80, 0xbf];
  }
}

function lineOfByte(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) {
    line += 1;
  }
  return line;
}
