import { CodedError } from "@clawkeep/diagnostics";

/**
 * JSON out of a body.
 *
 * @throws CodedError with this code
 */
export function parseBody(body: Uint8Array, code: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new CodedError({ code, message: "expected JSON in UTF-8", cause });
  }
}
