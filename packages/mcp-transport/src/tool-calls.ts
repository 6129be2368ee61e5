import type { HttpReply } from "@clawkeep/service";
import { jsonReply } from "@clawkeep/service";
import type {
  JSONRPCMessage,
  McpServer,
  Transport,
  TransportSendOptions,
} from "@modelcontextprotocol/server";

import type { PlainCall } from "./plain-call.ts";

/** Milliseconds after which who waits for an answer is told that it is still worked on. */
const beatMs = 15_000;

type Receive = (message: JSONRPCMessage) => void;

/**
 * Calls of tools for one server that stays connected. The protocol's own form for HTTP makes a server, a connection, a
 * request, a response and three streams for each call, and most of that outlives the call in memory by as long as V8
 * takes to look there. Here a call is one entry under a number of its own; clients choose the same ones.
 */
export class ToolCalls {
  readonly #open: Map<number, OpenCall> = new Map();
  readonly #connected: Promise<Receive>;
  #lastId: number = 0;

  constructor(server: McpServer) {
    const transport: Transport = {
      start: async () => {},
      close: async () => {},
      send: async (message, options) => this.#send(message, options),
    };
    this.#connected = server.connect(transport).then(() => (message: JSONRPCMessage) => {
      transport.onmessage?.(message);
    });
  }

  /** Calls a tool; whoever goes away meanwhile has it cancelled. */
  async call(call: PlainCall, signal: AbortSignal): Promise<HttpReply> {
    const receive = await this.#connected;
    if (signal.aborted) return ended(call);
    this.#lastId += 1;
    const id = this.#lastId;
    const open = new OpenCall(call.id);
    this.#open.set(id, open);
    const cancel = (): void => {
      if (!this.#open.delete(id)) return;
      receive({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: id, reason: "the client has gone" },
      });
      open.finish(ended(call));
    };
    signal.addEventListener("abort", cancel, { once: true });
    receive({ ...call, params: { ...call.params }, id });
    return open.reply.finally(() => {
      // Of an answer that comes in parts, the rest is still to be cancelled.
      if (!this.#open.has(id)) signal.removeEventListener("abort", cancel);
    });
  }

  #send(message: JSONRPCMessage, options: TransportSendOptions | undefined): void {
    const isAnswer = "result" in message || "error" in message;
    const id = Number(isAnswer ? message.id : options?.relatedRequestId);
    const open = this.#open.get(id);
    if (open === undefined) return;
    if (!isAnswer) {
      open.tell(eventOf(message));
      return;
    }
    this.#open.delete(id);
    open.answer(eventOf({ ...message, id: open.id }));
  }
}

/** A call that is under way, and how it is answered. */
class OpenCall {
  /** As the client named it. */
  readonly id: string | number;
  readonly reply: Promise<HttpReply>;
  readonly #resolve: (reply: HttpReply) => void;
  readonly #beat: NodeJS.Timeout;
  #parts: string[] | undefined;
  #isOver: boolean = false;
  #wake: (() => void) | undefined;

  constructor(id: string | number) {
    this.id = id;
    const { promise, resolve } = Promise.withResolvers<HttpReply>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#beat = setInterval(() => this.tell(": keepalive\n\n"), beatMs).unref();
  }

  /** Something before the answer: from here on the answer comes in parts. */
  tell(part: string): void {
    if (this.#parts === undefined) {
      this.#parts = [];
      this.#resolve({ status: 200, headers, body: this.#rest(this.#parts) });
    }
    this.#parts.push(part);
    this.#wake?.();
  }

  /** An answer that comes before anything else is one write, with its length. */
  answer(event: string): void {
    if (this.#parts !== undefined) this.tell(event);
    this.finish({ status: 200, headers, body: event });
  }

  /** What it is answered if nothing of it was told; there is no more in any case. */
  finish(reply: HttpReply): void {
    clearInterval(this.#beat);
    this.#isOver = true;
    this.#resolve(reply);
    this.#wake?.();
  }

  async *#rest(parts: string[]): AsyncGenerator<Uint8Array> {
    for (;;) {
      const part = parts.shift();
      if (part !== undefined) {
        yield Buffer.from(part);
      } else if (this.#isOver) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

const headers: Readonly<Record<string, string>> = { "content-type": "text/event-stream" };

function eventOf(message: JSONRPCMessage): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function ended({ id }: PlainCall): HttpReply {
  const error = { code: -32_000, message: "HTTP_ENDED: the request has ended" };
  return jsonReply(503, { jsonrpc: "2.0", id, error });
}
