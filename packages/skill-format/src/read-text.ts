import type { Finding } from "@clawkeep/diagnostics";

/** Largest `SKILL.md` and contract file in bytes, as in OpenClaw (`DEFAULT_MAX_SKILL_FILE_BYTES`). */
export const maxTextBytes = 256_000;

/** Text, or `undefined` beside an error that says why there is none. */
export interface TextResult {
  readonly text: string | undefined;
  readonly findings: readonly Finding[];
}

/** Decodes a file that people write: UTF-8, no NUL, no byte order mark; CRLF is a warning. */
export function readText(bytes: Uint8Array, file: string): TextResult {
  const refuse = (code: string, message: string, hint: string, at?: number): TextResult => ({
    text: undefined,
    findings: [
      {
        code,
        severity: "error",
        message,
        hint,
        file,
        ...(at === undefined ? {} : lineOf(bytes, at)),
      },
    ],
  });
  if (bytes.length > maxTextBytes) {
    return refuse(
      "TEXT_TOO_LARGE",
      `expected at most ${maxTextBytes} bytes, got ${bytes.length}`,
      "Move long material into files of their own.",
    );
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refuse(
      "TEXT_BYTE_ORDER_MARK",
      "expected text, got a byte order mark before it",
      "Save the file as UTF-8 without BOM.",
      0,
    );
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    return refuse("TEXT_NUL", `expected text, got a NUL byte at offset ${nul}`, "Remove it.", nul);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("TEXT_NOT_UTF8", "expected UTF-8, got other bytes", "Save the file as UTF-8.");
  }
  const crlf = text.indexOf("\r\n");
  if (crlf === -1) return { text, findings: [] };
  return {
    text,
    findings: [
      {
        code: "TEXT_CRLF",
        severity: "warning",
        message: "expected LF line ends, got CRLF",
        hint: "Save with LF (git: `* text eol=lf` in .gitattributes): digests change with line ends.",
        file,
        line: 1,
        column: crlf + 1,
      },
    ],
  };
}

function lineOf(bytes: Uint8Array, at: number): { line: number } {
  let line = 1;
  for (let index = 0; index < at; index += 1) if (bytes[index] === 10) line += 1;
  return { line };
}
