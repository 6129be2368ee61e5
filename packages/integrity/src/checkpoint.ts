import { CodedError } from "@clawkeep/diagnostics";

import { hashBytes } from "./merkle-hash.ts";
import { decodeBase64, encodeBase64 } from "./strict-base64.ts";

/** What a log was at one moment. */
export interface Checkpoint {
  /** The log's name; for our logs also the name of its key. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * The text that is signed: origin, size and root, a line each (C2SP `tlog-checkpoint`).
 *
 * @throws CodedError `CHECKPOINT_MALFORMED` when a field has no line.
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  if (origin === "" || origin.includes("\n")) {
    throw malformed("an origin of one line");
  }
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== hashBytes) {
    throw malformed(`a size and a root of ${hashBytes} bytes`);
  }
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/**
 * Reads the text of a checkpoint. Extension lines, which C2SP advises against, are refused.
 *
 * @throws CodedError `CHECKPOINT_MALFORMED`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  const [origin = "", digits = "", encoded = "", end] = lines;
  const size = Number(digits);
  const root = decodeBase64(encoded);
  if (lines.length !== 4 || end !== "" || origin === "") {
    throw malformed("three lines, each with its newline");
  }
  if (!/^(?:0|[1-9][0-9]*)$/u.test(digits) || !Number.isSafeInteger(size)) {
    throw malformed(`a decimal size on line 2, got ${JSON.stringify(digits.slice(0, 40))}`);
  }
  if (root?.length !== hashBytes) {
    throw malformed(`the base64 of ${hashBytes} bytes on line 3`);
  }
  return { origin, size, root };
}

function malformed(expected: string): CodedError {
  return new CodedError({
    code: "CHECKPOINT_MALFORMED",
    message: `expected a checkpoint with ${expected}`,
  });
}
