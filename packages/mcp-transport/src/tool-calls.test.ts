import type { HttpReply } from "@clawkeep/service";
import { McpServer } from "@modelcontextprotocol/server";
import { expect, test } from "vitest";
import { z } from "zod";

import type { PlainCall } from "./plain-call.ts";
import { ToolCalls } from "./tool-calls.ts";

/** A tool that tells two steps to who asks for it, and says what it was given, when it is let. */
function calls(until: (word: string) => Promise<void> = async () => {}): {
  readonly all: ToolCalls;
  readonly signals: Map<string, AbortSignal>;
} {
  const server = new McpServer({ name: "test", version: "1.0.0" });
  const signals = new Map<string, AbortSignal>();
  const inputSchema = z.strictObject({ word: z.string() });
  server.registerTool("echo", { inputSchema }, async ({ word }, { mcpReq }) => {
    signals.set(word, mcpReq.signal);
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1, message: `heard ${word}` };
      await mcpReq.notify({ method: "notifications/progress", params });
    }
    await until(word);
    return { content: [{ type: "text", text: word }] };
  });
  return { all: new ToolCalls(server), signals };
}

function call(word: string, id: string | number, progressToken?: string): PlainCall {
  const _meta = progressToken === undefined ? {} : { _meta: { progressToken } };
  const params = { name: "echo", arguments: { word }, ..._meta };
  return { jsonrpc: "2.0", id, method: "tools/call", params };
}

async function textOf({ body = "" }: HttpReply): Promise<string> {
  if (typeof body === "string") return body;
  const parts: Uint8Array[] = [];
  if (body instanceof Uint8Array) parts.push(body);
  else for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

const never = new AbortController().signal;

test("clients that choose the same number are answered each with its own", async () => {
  const { all } = calls();
  const words = Array.from({ length: 20 }, (_, place) => `w${place}`);
  const texts = await Promise.all(
    words.map(async (word) => textOf(await all.call(call(word, 7), never))),
  );
  expect(texts).toEqual(
    words.map(
      (word) =>
        `event: message\ndata: {"result":{"content":[{"type":"text","text":"${word}"}]},"jsonrpc":"2.0","id":7}\n\n`,
    ),
  );
});

test("what happens meanwhile is told before the answer, to whom it belongs", async () => {
  const gate = Promise.withResolvers<void>();
  const { all } = calls(() => gate.promise);
  const replies = await Promise.all(
    ["a", "b"].map((word) => all.call(call(word, "same", "token"), never)),
  );
  // Both are told something, and neither is answered yet.
  expect(replies.map(({ body }) => typeof body)).toEqual(["object", "object"]);
  gate.resolve();
  for (const [place, word] of ["a", "b"].entries()) {
    const events = (await textOf(replies[place] ?? { status: 0 })).trim().split("\n\n");
    expect(events).toHaveLength(2);
    expect(events[0]).toContain(`"message":"heard ${word}"`);
    expect(events[1]).toContain(`"text":"${word}"`);
    expect(events[1]).toContain(`"id":"same"`);
  }
});

test.each([undefined, "token"])(
  "who goes away has the call cancelled, and nobody else's (token %s)",
  async (token) => {
    const gates = new Map([
      ["gone", Promise.withResolvers<void>()],
      ["there", Promise.withResolvers<void>()],
    ]);
    const { all, signals } = calls((word) => gates.get(word)?.promise ?? Promise.resolve());
    const client = new AbortController();
    const gone = all.call(call("gone", 1, token), client.signal);
    const there = all.call(call("there", 1), never);
    await expect.poll(() => signals.size).toBe(2);
    client.abort();
    const text = await textOf(await gone);
    expect(text).not.toContain(`"result"`);
    expect(text).toContain(token === undefined ? "HTTP_ENDED" : "heard gone");
    await expect.poll(() => signals.get("gone")?.aborted).toBe(true);
    expect(signals.get("there")?.aborted).toBe(false);
    for (const gate of gates.values()) gate.resolve();
    expect(await textOf(await there)).toContain(`"text":"there"`);
  },
);

test("who has gone before calls nothing", async () => {
  const { all, signals } = calls();
  const { status, body } = await all.call(call("late", 1), AbortSignal.abort());
  expect([status, body]).toEqual([503, expect.stringContaining("HTTP_ENDED")]);
  expect(signals.size).toBe(0);
});
