import { connect } from "node:net";

import { CodedError } from "@clawkeep/diagnostics";

import type { SocketTrust } from "../place/check-socket.ts";
import { checkSocket } from "../place/check-socket.ts";
import type { Release } from "../release.ts";
import type { LineFailure } from "./line-protocol.ts";
import { replyHead } from "./line-protocol.ts";

/** One question to a service. */
export interface Question {
  readonly method: string;
  readonly input?: unknown;
  /** Refuse an answer of another release. */
  readonly release?: Release;
  /** Milliseconds for connection and answer together. Default 30,000. */
  readonly timeoutMs?: number;
  readonly trust?: SocketTrust;
  readonly signal?: AbortSignal;
}

/** `absent`: nobody serves there. The output is JSON text, as the service wrote it. */
export type ServiceReply =
  | { readonly kind: "answer"; readonly output: string }
  | { readonly kind: "failure"; readonly error: LineFailure }
  | { readonly kind: "absent" };

/**
 * Asks one question over a connection of its own. Nothing is sent before {@link checkSocket}.
 *
 * @throws CodedError of `checkSocket`; `SERVICE_TIMEOUT`; `SERVICE_REPLY` for an answer that is none;
 *   the signal's reason
 */
export async function askService(socket: string, question: Question): Promise<ServiceReply> {
  if (!checkSocket(socket, question.trust)) {
    return { kind: "absent" };
  }
  const { method, input, release, timeoutMs = 30_000, signal } = question;
  const line = JSON.stringify({
    id: 1,
    method,
    ...(input === undefined ? {} : { input }),
    ...(release === undefined ? {} : { release }),
  });
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const connection = connect(socket);
    const cancel = (): void => end(() => reject(signal?.reason as Error));
    const timer = setTimeout(() => {
      const message = `expected an answer of ${socket} within ${timeoutMs} ms, got none`;
      end(() => reject(new CodedError({ code: "SERVICE_TIMEOUT", message })));
    }, timeoutMs);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      connection.destroy();
      settle();
    };
    signal?.addEventListener("abort", cancel, { once: true });
    connection.on("connect", () => connection.write(`${line}\n`));
    connection.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.at(-1) === 0x0a) {
        end(() => settleBy(Buffer.concat(chunks).toString("utf8"), socket, resolve, reject));
      }
    });
    // A socket that nobody listens to any more, or that was closed before an answer.
    const gone = (): void => end(() => resolve({ kind: "absent" }));
    connection.on("error", gone);
    connection.on("close", gone);
  });
}

function settleBy(
  text: string,
  socket: string,
  resolve: (reply: ServiceReply) => void,
  reject: (error: Error) => void,
): void {
  const head = replyHead(1);
  if (text.startsWith(head)) {
    resolve({ kind: "answer", output: text.slice(head.length, -2) });
    return;
  }
  try {
    const { id, error } = JSON.parse(text) as { readonly id?: unknown; readonly error?: unknown };
    const failure = error as LineFailure | undefined;
    // Id 0: the service refused the connection, before any request.
    if ((id === 1 || id === 0) && typeof failure?.code === "string") {
      resolve({ kind: "failure", error: failure });
      return;
    }
  } catch {
    // As below.
  }
  const message = `expected a reply of ${socket}, got something else`;
  reject(new CodedError({ code: "SERVICE_REPLY", message }));
}
