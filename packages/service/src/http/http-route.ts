import type { IncomingHttpHeaders } from "node:http";

/** One request that passed every guard. */
export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** Id of the token that was given. */
  readonly caller: string;
  /** Aborted when the client goes away, or the service has to end. */
  readonly signal: AbortSignal;
}

/** An answer; a body that comes in parts is sent as it comes. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Answers one path. */
export interface HttpRoute {
  readonly path: string;
  readonly methods: readonly ("GET" | "POST" | "DELETE")[];
  /** Bytes of the longest body. Default 1 MiB. */
  readonly bodyBytes?: number;
  /** How an error looks there; other APIs have forms of their own. Default `{"error": {code, message}}`. */
  readonly error?: (status: number, code: string, message: string) => unknown;
  /** Status of an error by its code. Default, also for undefined: 400, the request is wrong. */
  readonly statusOf?: (code: string) => number | undefined;
  readonly handle: (call: HttpCall) => Promise<HttpReply>;
}

/** A reply of JSON. */
export function jsonReply(status: number, value: unknown): HttpReply {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: typeof value === "string" ? value : JSON.stringify(value),
  };
}
