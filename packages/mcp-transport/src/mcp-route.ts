import type { HttpRoute } from "@clawkeep/service";
import type { McpHttpHandler, McpServer } from "@modelcontextprotocol/server";
import { createMcpHandler } from "@modelcontextprotocol/server";

import { plainCall } from "./plain-call.ts";
import { ToolCalls } from "./tool-calls.ts";

/** Passed on to the protocol; nothing else of a request is its business. */
const forwarded = ["accept", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"];

/**
 * The streamable HTTP form, without sessions: each request stands alone, so a service that was started
 * again between two of them is not noticed. `make` is given the id of the token that was sent. `GET` and `DELETE`, which are about sessions, are answered 405.
 */
export function mcpRoute(make: (caller: string) => McpServer, path: string = "/mcp"): HttpRoute {
  // One for each token that was ever used: who asks is not the client's to say.
  const callers = new Map<string, Caller>();
  const callerOf = (id: string): Caller => {
    const known = callers.get(id);
    if (known !== undefined) return known;
    const caller = {
      calls: new ToolCalls(make(id)),
      handler: createMcpHandler(() => make(id)),
    };
    callers.set(id, caller);
    return caller;
  };
  return {
    path,
    methods: ["POST"],
    error: (_, code, message) => ({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32_000, message: `${code}: ${message}` },
    }),
    handle: async ({ headers, body, caller, signal }) => {
      const parsedBody = parsed(body);
      const { calls, handler } = callerOf(caller);
      const call = plainCall(headers, parsedBody);
      if (call !== undefined) return calls.call(call, signal);
      const passed = new Headers();
      for (const name of forwarded) {
        const value = headers[name];
        if (typeof value === "string") passed.set(name, value);
      }
      const request = requestOf(path, passed, parsedBody === undefined ? body : undefined, signal);
      const response = await handler.fetch(request, { parsedBody });
      const type = response.headers.get("content-type");
      return {
        status: response.status,
        ...(type === null ? {} : { headers: { "content-type": type } }),
        ...(response.body === null ? {} : { body: response.body as AsyncIterable<Uint8Array> }),
      };
    },
  };
}

interface Caller {
  /** What nearly every request is. */
  readonly calls: ToolCalls;
  /** Whatever else the protocol knows, in each of its forms: a server for each request. */
  readonly handler: McpHttpHandler;
}

/** The message, or undefined for what is no JSON: that is answered by who reads it. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * A request with this signal. Given to the constructor, the signal would be held by a finalizer, and with it all that
 * answers the request: V8 looks at those only when it collects the old space, where a minute's requests would lie.
 */
function requestOf(
  path: string,
  headers: Headers,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Request {
  const request = new Request(`http://127.0.0.1${path}`, {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  return Object.defineProperty(request, "signal", { value: signal });
}
