import type { IncomingMessage } from "node:http";

/**
 * Reads a body of at most `longest` bytes; undefined when it is longer. A length that is announced is
 * believed at once, and what comes is counted anyway.
 */
export async function readBody(
  request: IncomingMessage,
  longest: number,
): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > longest) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longest) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
