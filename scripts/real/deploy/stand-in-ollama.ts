import { once } from "node:events";
import { createServer, request } from "node:http";
import process from "node:process";

import { startStandInModel } from "../openclaw/stand-in-model.ts";
import { answerFrom, question } from "./question.ts";

/*
 * Stands in for `ollama serve`, whose models are gigabytes: it lists the models that STAND_IN_MODELS names, calls the
 * skill when it is asked the question of the stage, answers with what the skill found, and says `ready` otherwise.
 */
const models = (process.env["STAND_IN_MODELS"] ?? "gpt-oss:20b").split(",");
const [host, port] = (process.env["OLLAMA_HOST"] ?? "127.0.0.1:11434").split(":");
const model = await startStandInModel();

model.script([
  () => {
    const asked = model.requests.at(-1)?.messages.findLast(({ role }) => role === "user")?.content;
    const tool = model.offered.find((name) => name.endsWith("local-rag_query"));
    return asked?.includes(question) === true && tool !== undefined
      ? { tool, arguments: { query: question, topk: 2 } }
      : { say: "ready" };
  },
  (outputs) => ({ say: answerFrom(outputs[0] ?? "") }),
]);

const server = createServer((incoming, response) => {
  if (incoming.url === "/api/chat") {
    const { hostname, port: at } = new URL(model.url);
    const forward = request(
      { host: hostname, port: at, path: "/api/chat", method: "POST" },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(forward);
    return;
  }
  const found =
    incoming.url === "/api/tags"
      ? { models: models.map((name) => ({ name, model: name })) }
      : { version: "0.0.0-stand-in" };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
});
server.listen(Number(port), host);
await once(server, "listening");
process.stdout.write(`a stand-in for Ollama at ${host}:${port}\n`);
