import { isCodedError } from "@clawkeep/diagnostics";

import type { Release } from "../release.ts";
import { parseRelease } from "../release.ts";

/** One request: a line `{"id", "method", "input"?, "release"?}`. */
export interface LineRequest {
  readonly id: number;
  readonly method: string;
  readonly input: unknown;
  /** Which program asks; a service of another release refuses, since either may know more. */
  readonly release?: Release;
}

/** Why a request was refused or failed. */
export interface LineFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** With `SERVICE_RELEASE`: who serves. */
  readonly release?: Release;
}

const members = new Set(["id", "method", "input", "release"]);
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a request line; undefined when it is none, and then nobody knows what a reply would belong to. */
export function parseLineRequest(line: Uint8Array): LineRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (!Object.keys(value).every((name) => members.has(name))) return undefined;
  const { id, method, input, release: asked } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1) return undefined;
  if (typeof method !== "string" || method.length > 64) return undefined;
  const release = parseRelease(asked);
  if (Object.hasOwn(value, "release") && release === undefined) return undefined;
  return { id, method, input, ...(release === undefined ? {} : { release }) };
}

/** What stands before the output in every reply: a client may cut there instead of parsing. */
export function replyHead(id: number): string {
  return `{"id":${id},"ok":true,"output":`;
}

/** The reply to a request that was answered; `output` is JSON already. */
export function replyLine(id: number, output: string): string {
  return `${replyHead(id)}${output}}\n`;
}

/** The reply to a request that was not. */
export function failureLine(id: number, error: LineFailure): string {
  return `${JSON.stringify({ id, ok: false, error })}\n`;
}

/** What a client is told of an error. One without a code has no text that was meant for it. */
export function failureOf(error: unknown): LineFailure {
  if (!isCodedError(error)) {
    return { code: "INTERNAL", message: "the service failed to answer" };
  }
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
