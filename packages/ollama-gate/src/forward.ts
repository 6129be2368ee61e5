import { request as ask } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

import type { GatePath } from "./judge-head.ts";

/** One request as Ollama gets it. */
export interface Forwarded {
  readonly upstream: URL;
  readonly to: GatePath;
  readonly body: Uint8Array | undefined;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Answered {
  readonly status: number;
  readonly code: string;
  readonly bytesOut: number;
}

/**
 * Asks Ollama with a request of the gate's own: a connection of its own, and no header of the client.
 * The answer is passed on as it comes, by its status and type only; redirects are not.
 */
export async function forward(sent: Forwarded, response: ServerResponse): Promise<Answered> {
  const { upstream, to, body, silenceMs, signal } = sent;
  const headers: Record<string, string | number> = { accept: "application/json" };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    headers["content-length"] = body.length;
  }
  const asked = ask(new URL(to.path, upstream), {
    method: to.route.method,
    headers,
    agent: false,
    signal,
    timeout: silenceMs,
  });
  asked.on("timeout", () => asked.destroy(new Error("Ollama was silent for too long")));
  // Also when the answer never comes: what is generated for nobody is stopped.
  const gone = (): void => void asked.destroy();
  response.once("close", gone);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on("response", resolve);
      asked.on("error", reject);
      asked.end(body);
    });
    const status = answer.statusCode ?? 502;
    if (status < 200 || (status >= 300 && status < 400)) {
      asked.destroy();
      return refused(response, "GATE_REDIRECT", "Ollama answered with a redirect");
    }
    let bytesOut = 0;
    answer.on("data", (part: Buffer) => (bytesOut += part.length));
    const length = answer.headers["content-length"];
    response.writeHead(status, {
      "content-type": answer.headers["content-type"] ?? "application/json",
      "x-content-type-options": "nosniff",
      ...(length === undefined ? {} : { "content-length": length }),
    });
    await pipeline(answer, response);
    return { status, code: "ok", bytesOut };
  } catch (error) {
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      response.destroy();
      return { status: 502, code: "GATE_CUT", bytesOut: 0 };
    }
    const text = error instanceof Error ? error.message : String(error);
    return refused(response, "GATE_UPSTREAM", `Ollama did not answer: ${text}`);
  } finally {
    response.off("close", gone);
  }
}

function refused(response: ServerResponse, code: string, message: string): Answered {
  const bytes = Buffer.from(`${JSON.stringify({ error: message, code })}\n`);
  response.writeHead(502, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
  return { status: 502, code, bytesOut: bytes.length };
}
