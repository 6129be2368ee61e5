import type { IncomingMessage } from "node:http";

/**
 * Reads a body; `undefined` when it is longer than `maxBytes`. Then nothing more is read, and the
 * connection is still there for an answer.
 *
 * @throws what the connection failed with
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size > maxBytes) {
        request.pause();
        resolve(undefined);
      } else parts.push(part);
    });
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the connection was closed")));
  });
}
