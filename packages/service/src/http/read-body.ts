import type { IncomingMessage } from "node:http";

/**
 * Reads a body of at most `longest` bytes; undefined when it is longer. A length that is announced is
 * believed at once, and what comes is counted anyway.
 */
export function readBody(
  request: IncomingMessage,
  longest: number,
): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > longest) return Promise.resolve(undefined);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not by iteration, which takes longer than the rest of a small request.
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= longest) {
      chunks.push(chunk);
    } else {
      chunks.length = 0;
      request.pause();
      resolve(undefined);
    }
  });
  request.once("end", () => resolve(Buffer.concat(chunks)));
  request.once("error", reject);
  // Without an end before it: the client has gone.
  request.once("close", () => reject(new Error("the request ended before its body")));
  return promise;
}
