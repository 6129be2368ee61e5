import { readFileSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import process from "node:process";

import { answerFrom, question } from "./question.ts";

/*
 * Stands in for OpenRouter: `POST /api/v1/chat/completions` at STAND_IN_ADDRESS by TLS, in parts as it is asked. It
 * calls the skill when it is asked the question of the stage and says `primary` before what the skill found, so that it
 * is seen who answered. Whoever comes without the key is refused.
 */
const [host = "", port = "443"] = (process.env["STAND_IN_ADDRESS"] ?? "").split(":");
const folder = process.env["STAND_IN_TLS"] ?? "";
const key = readFileSync(process.env["STAND_IN_KEY"] ?? "", "utf8").trim();

/** What it has. */
const model = "deepseek/deepseek-chat-v3.2";

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string | readonly { readonly text?: string }[] | null;
  }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

const server = createServer(
  { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) },
  (incoming, response) => {
    void answer(incoming, response);
  },
);
server.listen(Number(port), host);
await once(server, "listening");
process.stdout.write(`a stand-in for OpenRouter at ${host}:${port}\n`);

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(incoming);
  if (incoming.headers.authorization !== `Bearer ${key}`) {
    response.writeHead(401).end(JSON.stringify({ error: { code: 401, message: "no key" } }));
    return;
  }
  if (incoming.method !== "POST" || incoming.url !== "/api/v1/chat/completions") {
    response.writeHead(404).end(JSON.stringify({ error: { code: 404, message: "no route" } }));
    return;
  }
  const asked = JSON.parse(body) as Asked;
  if (asked.model !== model) {
    process.stdout.write(`refused ${String(asked.model)}\n`);
    const message = `No endpoints found for ${String(asked.model)}.`;
    response.writeHead(404).end(JSON.stringify({ error: { code: 404, message } }));
    return;
  }
  process.stdout.write(`asked ${incoming.url}\n`);
  const parts = answerTo(asked);
  if (asked.stream !== true) {
    const [{ delta, finish_reason }] = [parts[0] ?? { delta: {}, finish_reason: "stop" }];
    const message = { content: null, ...delta };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(envelope("chat.completion", [{ index: 0, message, finish_reason }]));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const { delta, finish_reason } of parts) {
    const choices = [{ index: 0, delta, finish_reason: null }];
    response.write(`data: ${envelope("chat.completion.chunk", choices)}\n\n`);
    const end = [{ index: 0, delta: {}, finish_reason }];
    response.write(`data: ${envelope("chat.completion.chunk", end)}\n\n`);
  }
  response.end("data: [DONE]\n\n");
}

function envelope(object: string, choices: readonly unknown[]): string {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  return JSON.stringify({ id: "stand-in", object, created: 0, model: "stand-in", choices, usage });
}

function answerTo({ messages, tools = [] }: Asked): readonly {
  readonly delta: Readonly<Record<string, unknown>>;
  readonly finish_reason: string;
}[] {
  const spoke = messages.findLastIndex(({ role }) => role === "user");
  const [output] = messages.slice(spoke + 1).flatMap((one) => (one.role === "tool" ? [one] : []));
  const tool = tools
    .map((one) => one.function.name)
    .find((name) => name.endsWith("local-rag_query"));
  const isQuestion = textOf(messages[spoke]?.content).includes(question);
  if (isQuestion && output === undefined && tool !== undefined) {
    const call = {
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: tool, arguments: JSON.stringify({ query: question, topk: 2 }) },
    };
    return [{ delta: { role: "assistant", tool_calls: [call] }, finish_reason: "tool_calls" }];
  }
  const content = output === undefined ? "ready" : `primary: ${answerFrom(textOf(output.content))}`;
  return [{ delta: { role: "assistant", content }, finish_reason: "stop" }];
}

function textOf(content: Asked["messages"][number]["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text = "" }) => text).join("\n");
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
