import type { IncomingHttpHeaders } from "node:http";

import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";

/** A call of a tool as clients of the sessionless form send it, with nothing else beside. */
export interface PlainCall {
  readonly jsonrpc: "2.0";
  readonly id: string | number;
  readonly method: "tools/call";
  readonly params: {
    readonly name: string;
    readonly arguments?: Record<string, unknown>;
    readonly _meta?: { readonly progressToken?: string | number };
  };
}

/**
 * The call that a request is, when it is one in every member and every header; undefined for anything else, also for
 * what is wrong: that is for the protocol to serve or to refuse.
 */
export function plainCall(headers: IncomingHttpHeaders, message: unknown): PlainCall | undefined {
  const { accept, "mcp-protocol-version": version } = headers;
  const isPlain =
    accept !== undefined &&
    accept.includes("application/json") &&
    accept.includes("text/event-stream") &&
    (version === undefined ||
      (typeof version === "string" && SUPPORTED_PROTOCOL_VERSIONS.includes(version))) &&
    headers["mcp-method"] === undefined &&
    headers["mcp-name"] === undefined &&
    isRecord(message, ["jsonrpc", "id", "method", "params"]) &&
    message["jsonrpc"] === "2.0" &&
    isId(message["id"]) &&
    message["method"] === "tools/call" &&
    isRecord(message["params"], ["name", "arguments", "_meta"]) &&
    typeof message["params"]["name"] === "string" &&
    (!("arguments" in message["params"]) || isRecord(message["params"]["arguments"])) &&
    (!("_meta" in message["params"]) || isMeta(message["params"]["_meta"]));
  return isPlain ? (message as unknown as PlainCall) : undefined;
}

function isMeta(value: unknown): boolean {
  return (
    isRecord(value, ["progressToken"]) &&
    (!("progressToken" in value) || isId(value["progressToken"]))
  );
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || Number.isSafeInteger(value);
}

/** An object, with members of these names at most where names are given. */
function isRecord(value: unknown, names?: readonly string[]): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    (names === undefined || Object.keys(value).every((name) => names.includes(name)))
  );
}
