import { PassThrough } from "node:stream";

import { accessTokens, serveHttp } from "@clawkeep/service";
import { McpServer } from "@modelcontextprotocol/server";
import { expect, test } from "vitest";
import { z } from "zod";

import { mcpRoute } from "./mcp-route.ts";
import { serveMcpStdio } from "./mcp-stdio.ts";

/** A server whose one tool says for whom it was made. */
function server(caller: string): McpServer {
  const made = new McpServer({ name: "test", version: "1.0.0" });
  made.registerTool("who", { inputSchema: z.strictObject({}) }, () => ({
    content: [{ type: "text", text: caller }],
  }));
  return made;
}

const call = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "who", arguments: {} },
};

test("by HTTP a request is served for the token that it carries, whatever it says", async () => {
  const tokens = [
    { id: "one", token: "1".repeat(40) },
    { id: "two", token: "2".repeat(40) },
  ];
  const http = await serveHttp({ tokens: accessTokens(tokens), routes: [mcpRoute(server)] });
  const ask = async (token: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "x-caller": "forged",
      },
      body: JSON.stringify({ ...call, params: { ...call.params, _meta: { caller: "forged" } } }),
    });
    return answer.text();
  };
  expect(await ask("1".repeat(40))).toContain('"text":"one"');
  expect(await ask("2".repeat(40))).toContain('"text":"two"');
  expect(await ask("3".repeat(40))).toContain("HTTP_TOKEN");
  await http.close();
});

test("calls share a server, and a handshake has one of its own", async () => {
  let made = 0;
  const make = (): McpServer => {
    made += 1;
    return server("us");
  };
  const token = "1".repeat(40);
  const http = await serveHttp({
    tokens: accessTokens([{ id: "one", token }]),
    routes: [mcpRoute(make)],
  });
  const post = async (body: unknown): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify(body),
    });
    return answer.text();
  };
  for (let id = 1; id <= 5; id += 1) expect(await post({ ...call, id })).toContain(`"id":${id}`);
  expect(made).toBe(1);
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "a", version: "1" },
  };
  for (const id of [6, 7]) await post({ jsonrpc: "2.0", id, method: "initialize", params });
  expect(made).toBe(3);
  await http.close();
});

test("by streams a connection ends with its input, and with whoever reads its output", async () => {
  for (const end of ["input", "output"] as const) {
    const streams = { input: new PassThrough(), output: new PassThrough() };
    const serving = serveMcpStdio(() => server("us"), streams.input, streams.output);
    streams[end].destroy();
    await serving;
  }
});
