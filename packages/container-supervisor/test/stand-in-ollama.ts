import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import path from "node:path";
import process from "node:process";

/*
 * Stands in for `ollama`: lists, fetches and makes models that are names in a file of OLLAMA_MODELS, and ends as it is
 * told by `/exit/CODE`. It prints what it was started with.
 */
const folder = process.env["OLLAMA_MODELS"] ?? "";
const list = path.join(folder, "models.json");

function models(): readonly string[] {
  try {
    return JSON.parse(readFileSync(list, "utf8")) as readonly string[];
  } catch {
    return [];
  }
}

function add(name: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(list, JSON.stringify([...models(), name]));
}

function pull(name: string, response: ServerResponse): void {
  const say = (line: object): void => void response.write(`${JSON.stringify(line)}\n`);
  say({ status: "pulling manifest" });
  if (name.startsWith("missing")) say({ error: "pull model manifest: file does not exist" });
  else {
    for (const completed of [100, 500, 1000]) {
      say({ status: "pulling", digest: "sha256:1", total: 1000, completed });
    }
    add(name);
    say({ status: "success" });
  }
  response.end();
}

const [command = "", ...rest] = process.argv.slice(2);
if (command === "create") {
  const [name = "", , file = ""] = rest;
  readFileSync(file);
  add(name);
} else {
  process.stdout.write(`started as ${command} ${JSON.stringify(process.env)}\n`);
  const [host = "", port = ""] = (process.env["OLLAMA_HOST"] ?? "").split(":");
  const server = createServer((request, response) => {
    const target = request.url ?? "";
    if (target.startsWith("/exit/")) process.exit(Number(target.slice("/exit/".length)));
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (target !== "/api/pull") {
        response.end(JSON.stringify({ models: models().map((name) => ({ name })) }));
        return;
      }
      const { model } = JSON.parse(Buffer.concat(parts).toString("utf8")) as { model: string };
      process.stdout.write(`pull ${model}\n`);
      pull(model, response);
    });
  });
  server.listen(Number(port), host);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      process.stdout.write(`got ${signal}\n`);
      process.exit(0);
    });
  }
}
