import { openOwnFile } from "@clawkeep/durable-files";
import { parseSignerKey } from "@clawkeep/integrity";
import type { NoteSigner } from "@clawkeep/integrity";

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

function withoutNewline(text: string): string {
  // A text without its newline is made to fail: it is not what was written.
  return text.endsWith("\n") ? text.slice(0, -1) : `${text} `;
}
