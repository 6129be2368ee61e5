import { CodedError } from "@clawkeep/diagnostics";
import { openOwnFile } from "@clawkeep/durable-files";
import { parseSignerKey, parseVerifierKey } from "@clawkeep/integrity";
import type { NoteSigner, NoteVerifier } from "@clawkeep/integrity";

/**
 * Reads the private key of a log.
 *
 * @throws CodedError of `openOwnFile` when others could have read it, `NOTE_KEY_MALFORMED`
 */
export async function readSigner(path: string): Promise<NoteSigner> {
  const handle = await openOwnFile(path);
  try {
    return parseSignerKey(withoutNewline(await handle.readFile("utf8")));
  } finally {
    await handle.close();
  }
}

/**
 * Reads the text of a `verifier` file.
 *
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED`
 */
export function parseVerifierFile(bytes: Uint8Array): NoteVerifier {
  try {
    return parseVerifierKey(withoutNewline(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new CodedError({
      code: "AUDIT_VERIFIER_MALFORMED",
      message: `verifier: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}

function withoutNewline(text: string): string {
  // A text without its newline is made to fail: it is not what was written.
  return text.endsWith("\n") ? text.slice(0, -1) : `${text} `;
}
