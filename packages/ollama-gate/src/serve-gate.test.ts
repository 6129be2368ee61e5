import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { Ollama } from "ollama";
import { afterEach, expect, test } from "vitest";

import type { GateEvent } from "./gate-rules.ts";
import type { Gate, GateOptions } from "./serve-gate.ts";
import { serveGate } from "./serve-gate.ts";
import type { StandInOllama } from "./stand-in-ollama.cases.ts";
import { standInOllama } from "./stand-in-ollama.cases.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function start(
  answer?: (target: string, response: ServerResponse) => void,
  options: Partial<GateOptions> = {},
): Promise<{ ollama: StandInOllama; gate: Gate; events: GateEvent[] }> {
  const events: GateEvent[] = [];
  const ollama = await standInOllama(answer);
  open.push(ollama);
  const gate = await serveGate({
    upstream: ollama.address,
    models: ["llama3.2:3b"],
    listen: { host: "127.0.0.1", port: 0 },
    record: (event) => void events.push(event),
    ...options,
  });
  open.push(gate);
  return { ollama, gate, events };
}

const lines = (response: ServerResponse, ...texts: readonly string[]): void => {
  response.setHeader("content-type", "application/x-ndjson");
  for (const text of texts) {
    response.write(`${JSON.stringify({ message: { role: "assistant", content: text } })}\n`);
  }
};

test("threat 10: Ollama's own client chats, embeds and lists; it cannot pull, push, create, copy or delete", async () => {
  const { ollama, gate, events } = await start((target, response) => {
    if (target === "/api/chat") {
      lines(response, "one ", "two");
      response.end('{"message":{"content":""},"done":true}\n');
    } else response.end('{"models":[],"embeddings":[[1]],"version":"0.17.4","capabilities":[]}');
  });
  const client = new Ollama({ host: gate.address });
  const model = "llama3.2:3b";
  const texts: string[] = [];
  for await (const part of await client.chat({ model, messages: [], stream: true })) {
    texts.push(part.message.content);
  }
  expect(texts).toEqual(["one ", "two", ""]);
  expect((await client.embed({ model, input: "x" })).embeddings).toEqual([[1]]);
  expect((await client.list()).models).toEqual([]);
  expect((await client.show({ model })).capabilities).toEqual([]);
  expect((await client.version()).version).toBe("0.17.4");
  const passed = ollama.reached.length;

  await expect(client.pull({ model: "attacker.host/DATA:x" })).rejects.toThrow("not let through");
  await expect(client.push({ model })).rejects.toThrow("not let through");
  await expect(client.create({ model: "x", from: model })).rejects.toThrow("not let through");
  await expect(client.copy({ source: model, destination: "x" })).rejects.toThrow("not let through");
  await expect(client.delete({ model })).rejects.toThrow("not let through");
  await expect(client.chat({ model: "other" })).rejects.toThrow("not let through");
  expect(ollama.reached).toHaveLength(passed);
  expect(events.filter(({ event }) => event === "refuse")).toHaveLength(6);
  expect(JSON.stringify(events)).not.toContain("attacker.host");
});

test("threat 10: no header of the client reaches Ollama", async () => {
  const { ollama, gate } = await start();
  await fetch(`${gate.address}/api/tags`, {
    headers: {
      authorization: "Bearer x",
      cookie: "a=b",
      "x-forwarded-for": "1.2.3.4",
      te: "trailers",
    },
  });
  expect(ollama.reached[0]?.headers.toSorted()).toEqual(["accept", "connection", "host"]);
});

test("an answer passes as it comes, before it is whole", async () => {
  let response: ServerResponse | undefined;
  const { gate } = await start((_target, answering) => {
    response = answering;
    lines(answering, "first");
  });
  const body = '{"model":"llama3.2:3b"}';
  const answer = await fetch(`${gate.address}/api/chat`, { method: "POST", body });
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString("utf8")).toContain("first");
  response?.end();
  expect((await reader?.read())?.done).toBe(true);
});

test("what is generated for nobody is stopped", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { gate } = await start((_target, response) => {
    lines(response, "first");
    response.on("close", resolve);
  });
  const stop = new AbortController();
  const body = '{"model":"llama3.2:3b"}';
  const answer = await fetch(`${gate.address}/api/chat`, {
    method: "POST",
    body,
    signal: stop.signal,
  });
  expect(answer.status).toBe(200);
  stop.abort();
  await promise;
});

test("an answer that breaks off is not passed as a whole one", async () => {
  const { gate } = await start((_target, response) => {
    lines(response, "half");
    setImmediate(() => response.destroy());
  });
  const body = '{"model":"llama3.2:3b"}';
  await expect(
    fetch(`${gate.address}/api/chat`, { method: "POST", body }).then((answer) => answer.text()),
  ).rejects.toThrow();
});

test("a redirect of Ollama leads nowhere", async () => {
  const { gate } = await start((_target, response) => {
    response.writeHead(307, { location: "http://attacker.host/" }).end();
  });
  const answer = await fetch(`${gate.address}/api/tags`);
  expect([answer.status, answer.headers.get("location")]).toEqual([502, null]);
});

test("without Ollama the answer is 502 and a reason", async () => {
  const { ollama, gate } = await start();
  await ollama.close();
  const answer = await fetch(`${gate.address}/api/tags`);
  expect([answer.status, await answer.json()]).toEqual([
    502,
    expect.objectContaining({ code: "GATE_UPSTREAM" }),
  ]);
});

test("more than the bound at one time is refused", async () => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<ServerResponse>();
  const { gate } = await start((_target, response) => isAsked(response), {
    limits: { inFlight: 1 },
  });
  const first = fetch(`${gate.address}/api/tags`);
  const response = await asked;
  expect((await fetch(`${gate.address}/api/version`)).status).toBe(503);
  response.end("{}");
  expect((await first).status).toBe(200);
});

test("stopping lets what is under way end, and then takes nothing", async () => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<ServerResponse>();
  const { gate, events } = await start((_target, response) => isAsked(response));
  const first = fetch(`${gate.address}/api/tags`);
  const response = await asked;
  const closing = gate.close();
  response.end("{}");
  expect((await first).status).toBe(200);
  await closing;
  await expect(fetch(`${gate.address}/api/tags`)).rejects.toThrow();
  expect(events.at(-1)).toEqual({ event: "stop" });
});

test("stopping cuts what does not end within the grace", async () => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  const { gate } = await start(() => isAsked(), { graceMs: 1 });
  const first = fetch(`${gate.address}/api/tags`).then(({ status }) => status);
  await asked;
  await gate.close();
  expect(await first).toBe(502);
});

test("a Unix socket is its owner's and its group's, and a dead one is replaced", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "gate-"));
  const socket = path.join(folder, "gate.sock");
  try {
    const { gate, ollama } = await start(undefined, { listen: { socket } });
    expect(statSync(socket).mode & 0o777).toBe(0o660);
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: socket, path: "/api/tags" }, (answer) => resolve(answer.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    const again = { upstream: ollama.address, models: [], listen: { socket } };
    await expect(serveGate(again)).rejects.toMatchObject({ code: "GATE_LISTEN" });
    await gate.close();
    writeFileSync(socket, "precious");
    await expect(serveGate(again)).rejects.toMatchObject({ code: "GATE_LISTEN" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each(["https://x", "http://x/v1", "http://u:p@x", "http://x?y", "x:1"])(
  "T18: %s is no address of Ollama",
  async (upstream) => {
    const listen = { host: "127.0.0.1", port: 0 };
    await expect(serveGate({ upstream, models: [], listen })).rejects.toMatchObject({
      code: "GATE_UPSTREAM",
    });
  },
);
