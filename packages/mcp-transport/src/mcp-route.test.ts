import type { HttpReply } from "@clawkeep/service";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { expect, test } from "vitest";
import { z } from "zod";

import { mcpRoute } from "./mcp-route.ts";
import { plainCall } from "./plain-call.ts";

function server(): McpServer {
  const made = new McpServer({ name: "test", version: "1.0.0" });
  const schemas = {
    inputSchema: z.strictObject({ word: z.string().max(5), fail: z.boolean().optional() }),
    outputSchema: z.strictObject({ word: z.string() }),
  };
  made.registerTool("echo", schemas, async ({ word, fail }, { mcpReq }) => {
    if (fail === true) throw new Error("it failed");
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1 };
      await mcpReq.notify({ method: "notifications/progress", params });
    }
    return { content: [{ type: "text", text: word }], structuredContent: { word } };
  });
  return made;
}

const accept = "application/json, text/event-stream";
const usual = { accept, "content-type": "application/json" };
const params = { name: "echo", arguments: { word: "w" } };
const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
const envelope = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

/** What is served here without the protocol's own form for HTTP. */
const plain: readonly (readonly [string, unknown, Record<string, string>?])[] = [
  ["a call", call],
  ["a call by a name", { ...call, id: "α" }],
  ["the number 0", { ...call, id: 0 }],
  ["a version", call, { "mcp-protocol-version": "2025-06-18" }],
  ["no arguments", { ...call, params: { name: "echo" } }],
  ["wrong arguments", { ...call, params: { ...params, arguments: { word: 1, more: 2 } } }],
  ["a tool that fails", { ...call, params: { ...params, arguments: { word: "w", fail: true } } }],
  ["a tool that is none", { ...call, params: { ...params, name: "none" } }],
  ["progress", { ...call, params: { ...params, _meta: { progressToken: "p" } } }],
  ["an empty meta", { ...call, params: { ...params, _meta: {} } }],
];

/** What is the protocol's to serve or to refuse. */
const other: readonly (readonly [string, unknown, Record<string, string>?])[] = [
  ["no message", undefined],
  ["null", null],
  ["a text", "call"],
  ["a batch", [call, { ...call, id: 2 }]],
  ["a notification", { jsonrpc: "2.0", method: "tools/call", params }],
  ["an answer", { jsonrpc: "2.0", id: 1, result: {} }],
  ["another version of JSON-RPC", { ...call, jsonrpc: "1.0" }],
  ["an id that is none", { ...call, id: 1.5 }],
  ["an id that is null", { ...call, id: null }],
  ["one member more", { ...call, more: 1 }],
  ["parameters in a list", { ...call, params: [1] }],
  ["no name", { ...call, params: { arguments: {} } }],
  ["arguments in a list", { ...call, params: { ...params, arguments: [] } }],
  ["an unknown parameter", { ...call, params: { ...params, task: { ttl: 1 } } }],
  ["a state to go on from", { ...call, params: { ...params, requestState: "s" } }],
  ["a token that is none", { ...call, params: { ...params, _meta: { progressToken: {} } } }],
  ["a meta that is none", { ...call, params: { ...params, _meta: 1 } }],
  ["the newer form", { ...call, params: { ...params, _meta: envelope } }],
  ["a header of the newer form", call, { "mcp-method": "tools/call" }],
  ["the newer version in a header", call, { "mcp-protocol-version": "2026-07-28" }],
  ["a version that is none", call, { "mcp-protocol-version": "1" }],
  ["no events taken", call, { accept: "application/json" }],
  ["a list of tools", { jsonrpc: "2.0", id: 1, method: "tools/list" }],
  ["a ping", { jsonrpc: "2.0", id: 1, method: "ping" }],
  ["a method that is none", { ...call, method: "tools/none" }],
];

const signal = new AbortController().signal;

async function byRoute(
  body: string,
  headers: Record<string, string>,
): Promise<readonly [number, string | null, string]> {
  const route = mcpRoute(server);
  const bytes = Buffer.from(body);
  const asked = { method: "POST", path: "/mcp", headers, body: bytes, caller: "one", signal };
  const reply: HttpReply = await route.handle(asked);
  const parts: Uint8Array[] = [];
  if (typeof reply.body === "string") parts.push(Buffer.from(reply.body));
  else if (reply.body instanceof Uint8Array) parts.push(reply.body);
  else if (reply.body !== undefined) for await (const part of reply.body) parts.push(part);
  const text = Buffer.concat(parts).toString("utf8");
  return [reply.status, reply.headers?.["content-type"] ?? null, text];
}

async function byProtocol(
  body: string,
  headers: Record<string, string>,
): Promise<readonly [number, string | null, string]> {
  const request = new Request("http://127.0.0.1/mcp", { method: "POST", headers, body });
  const response = await createMcpHandler(server).fetch(request);
  return [response.status, response.headers.get("content-type"), await response.text()];
}

for (const [cases, isPlain] of [
  [plain, true],
  [other, false],
] as const) {
  for (const [name, message, more = {}] of cases) {
    test(`is answered as the protocol's own form answers: ${name}`, async () => {
      const headers = { ...usual, ...more };
      const body = message === undefined ? "{" : JSON.stringify(message);
      expect(plainCall(headers, message) !== undefined).toBe(isPlain);
      expect(await byRoute(body, headers)).toEqual(await byProtocol(body, headers));
    });
  }
}
