import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { GateEvent } from "./gate-rules.ts";
import type { Gate } from "./serve-gate.ts";
import { serveGate } from "./serve-gate.ts";
import type { StandInOllama } from "./stand-in-ollama.cases.ts";
import { sendRaw, standInOllama } from "./stand-in-ollama.cases.ts";

let ollama: StandInOllama;
let gate: Gate;
let events: GateEvent[] = [];

beforeEach(async () => {
  ollama = await standInOllama();
  events = [];
  gate = await serveGate({
    upstream: ollama.address,
    models: ["llama3.2:3b"],
    listen: { host: "127.0.0.1", port: 0 },
    limits: { bodyBytes: 2000 },
    record: (event) => void events.push(event),
  });
});

afterEach(async () => {
  await gate.close();
  await ollama.close();
});

const chat = '{"model":"llama3.2:3b","messages":[]}';
const withBody = (head: string, body: string): string =>
  `${head}\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const post = (target: string, body = chat): string => withBody(`POST ${target} HTTP/1.1`, body);
const statusOf = (answer: string): string => answer.slice(9, 12);

/** Everything of Ollama's control plane, 0.17.4, and what speaks OpenAI's protocol. */
const closed: readonly (readonly [string, string])[] = [
  ["POST", "/api/pull"],
  ["POST", "/api/push"],
  ["POST", "/api/create"],
  ["POST", "/api/copy"],
  ["DELETE", "/api/delete"],
  ["POST", "/api/generate"],
  ["POST", "/api/embeddings"],
  ["GET", "/api/ps"],
  ["HEAD", "/api/blobs/sha256:00"],
  ["POST", "/api/blobs/sha256:00"],
  ["POST", "/api/signout"],
  ["POST", "/api/me"],
  ["GET", "/v1/models"],
  ["POST", "/v1/chat/completions"],
  ["GET", "/"],
];

describe("threat 10: Ollama's control plane is not reached", () => {
  test.each(closed)("%s %s is refused and recorded", async (method, target) => {
    const body = '{"model":"attacker.host/DATA:x"}';
    const answer = await sendRaw(gate.address, withBody(`${method} ${target} HTTP/1.1`, body));
    expect(statusOf(answer)).toBe("403");
    expect(ollama.reached).toEqual([]);
    expect(events).toContainEqual(
      expect.objectContaining({ event: "refuse", code: "GATE_PATH", method, target }),
    );
  });

  test.each([
    "//api/pull",
    "/api//pull",
    "/api/%70ull",
    "/api/chat/../pull",
    "/api/chat/%2e%2e/pull",
    "/api/chat%2f..%2fpull",
    "/api/chat/",
    "/api/chat?path=/api/pull",
    "/api/chat;/../pull",
    "/api/chat#/api/pull",
    "/API/CHAT",
    "/api/chat%00",
    String.raw`/api\pull`,
    "http://HOST/api/pull",
    "http://HOST/api/chat",
    "http://attacker.host/api/chat",
    "*",
  ])("target %s is another text than /api/chat", async (target) => {
    const answer = await sendRaw(gate.address, post(target));
    expect(["400", "403"]).toContain(statusOf(answer));
    expect(ollama.reached).toEqual([]);
    expect(events.filter(({ event }) => event === "refuse")).toHaveLength(1);
  });

  test.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "QUERY"])(
    "method %s of /api/chat is refused, whatever headers say it means",
    async (method) => {
      const head = `${method} /api/chat HTTP/1.1\r\nX-HTTP-Method-Override: POST`;
      expect(statusOf(await sendRaw(gate.address, withBody(head, chat)))).toBe("403");
      expect(ollama.reached).toEqual([]);
    },
  );

  test("a tunnel is refused", async () => {
    const answer = await sendRaw(gate.address, "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n");
    expect(statusOf(answer)).toBe("403");
    expect(events).toContainEqual(expect.objectContaining({ code: "GATE_METHOD" }));
  });

  test("another protocol is refused", async () => {
    const head =
      "GET /api/tags HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    expect(statusOf(await sendRaw(gate.address, head))).toBe("403");
    expect(ollama.reached).toEqual([]);
  });
});

describe("threat 10: a second request is not smuggled", () => {
  const hidden = 'POST /api/pull HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{"model":"m"}';

  test.each([
    [
      "length and chunks",
      `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["two lengths", `Content-Length: 0\r\nContent-Length: 90\r\n\r\n${hidden}`],
    ["an odd coding", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["a coding that is not the last", `Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n${hidden}`],
    ["a space before the colon", `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    [
      "a folded header",
      `Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ["a bare line feed", `X: y\nContent-Length: 0\r\n\r\n${hidden}`],
    ["a negative length", `Content-Length: -1\r\n\r\n${hidden}`],
  ])("by %s", async (_name, rest) => {
    await sendRaw(gate.address, `POST /api/chat HTTP/1.1\r\nHost: HOST\r\n${rest}`);
    expect(ollama.reached).toEqual([]);
    expect(events.some(({ event }) => event === "refuse")).toBe(true);
  });

  test("behind a refused one: the connection ends with the refusal", async () => {
    const answer = await sendRaw(gate.address, `${post("/api/pull")}${post("/api/chat")}`);
    expect(answer.match(/HTTP\/1\.1/gu)).toHaveLength(1);
    expect(ollama.reached).toEqual([]);
  });

  test("behind one that passes: it is judged like the first", async () => {
    const answer = await sendRaw(gate.address, `${post("/api/chat")}${post("/api/pull")}`);
    expect(answer.match(/HTTP\/1\.1 \d+/gu)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403"]);
    expect(ollama.reached.map(({ target }) => target)).toEqual(["/api/chat"]);
  });
});

describe("threat 10: only models that are named", () => {
  test.each([
    ["another", '{"model":"attacker.host/DATA:x"}'],
    ["one of the cloud", '{"model":"gpt-oss:120b-cloud"}'],
    ["the same from another registry", '{"model":"attacker.host/library/llama3.2:3b"}'],
    ["two, of which Go takes the last", '{"model":"llama3.2:3b","MODEL":"evil"}'],
    ["two in the other order", '{"Model":"evil","model":"llama3.2:3b"}'],
    ["an older field", '{"model":"llama3.2:3b","name":"evil"}'],
    ["a repeated field", '{"model":"llama3.2:3b","model":"evil"}'],
    ["none", '{"messages":[]}'],
    ["a list", '{"model":["llama3.2:3b"]}'],
    ["no object", '["llama3.2:3b"]'],
    ["no JSON", "model=llama3.2:3b"],
    ["nothing", ""],
    ["a name of every object", '{"model":"__proto__"}'],
  ])("%s is refused", async (_name, body) => {
    for (const path of ["/api/chat", "/api/embed", "/api/show"]) {
      const answer = await sendRaw(gate.address, post(path, body));
      expect(["400", "403"]).toContain(statusOf(answer));
    }
    expect(ollama.reached).toEqual([]);
    expect(events.filter(({ event }) => event === "refuse")).toHaveLength(3);
  });

  test("Ollama reads what was judged: a field is sent once", async () => {
    const body = '{"model":"evil","model":"llama3.2:3b","messages":[]}';
    await fetch(`${gate.address}/api/chat`, { method: "POST", body });
    expect(ollama.reached.map(({ body: got }) => got)).toEqual([chat]);
  });

  test.each([
    ["by its length", "Content-Length: 3000\r\n\r\n"],
    [
      "as it comes",
      `Transfer-Encoding: chunked\r\n\r\n${`3e8\r\n${"x".repeat(1000)}\r\n`.repeat(3)}`,
    ],
  ])("a body that is too long is refused %s", async (_name, rest) => {
    const head = "POST /api/chat HTTP/1.1\r\nHost: HOST\r\n";
    expect(statusOf(await sendRaw(gate.address, `${head}${rest}`))).toBe("413");
    expect(ollama.reached).toEqual([]);
  });

  test("a body that is compressed is refused", async () => {
    const head = "POST /api/chat HTTP/1.1\r\nContent-Encoding: gzip";
    expect(statusOf(await sendRaw(gate.address, withBody(head, chat)))).toBe("415");
  });
});

describe("threat 10: pages of a browser are not served", () => {
  test.each([
    ["by another name", "Host: attacker.host"],
    ["by two names", "Host: HOST\r\nHost: attacker.host"],
    ["from its origin", "Host: HOST\r\nOrigin: http://attacker.host"],
    ["from a frame", "Host: HOST\r\nSec-Fetch-Site: cross-site"],
  ])("%s", async (_name, lines) => {
    const answer = await sendRaw(gate.address, `GET /api/tags HTTP/1.1\r\n${lines}\r\n\r\n`);
    expect(["400", "403", "421"]).toContain(statusOf(answer));
    expect(ollama.reached).toEqual([]);
  });
});
