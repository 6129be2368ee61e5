import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { detectLevels } from "@clawkeep/sandbox";
import { askService } from "@clawkeep/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { version } from "../src/place/release.ts";
import type { CommandResult } from "./command.ts";
import { localRag, startLocalRag } from "./command.ts";

const corpus = path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse");
// Short: a socket's path has to fit.
const base = mkdtempSync(path.join(tmpdir(), "rag-"));
const workspace = path.join(base, "w");
const home = path.join(base, "home");
const levels = await detectLevels();
const unconfined = levels.bubblewrap.available || levels.landlock.available ? [] : ["--unconfined"];

const run = (...args: readonly string[]): CommandResult => localRag(args, { home, cwd: workspace });
const socketFile = (): string => {
  const folder = path.join(home, "run");
  const name = readdirSync(folder).find((file) => file.endsWith(".sock"));
  return path.join(folder, name ?? "none");
};
const untimed = (text: string): string => text.replace(/"tookMs":[0-9.]+/u, '"tookMs":0');

beforeAll(() => {
  cpSync(corpus, workspace, { recursive: true });
  run("index", ".");
});
afterAll(() => {
  run("serve", "--stop");
  rmSync(base, { recursive: true, force: true });
});

describe("local-rag serve", () => {
  test("has the version of the package", () => {
    const file = path.join(import.meta.dirname, "../package.json");
    expect((JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version).toBe(
      version,
    );
  });

  test("answers a question as the question alone is answered", async () => {
    const question = ["query", "When is the lamp lit?", "--topk", "2"];
    const cold = [run(...question), run(...question, "--json")];
    const child = startLocalRag(["serve", "--idle", "60", ...unconfined], { home, cwd: workspace });
    await once(child.stdout, "data");
    expect(existsSync(socketFile())).toBe(true);
    // It has started anew as itself, with what keeps its memory level.
    const started = (name: string): readonly string[] =>
      readFileSync(`/proc/${child.pid}/${name}`, "utf8").split("\0");
    expect(started("cmdline")).toContain("--max-semi-space-size=1");
    expect(started("environ")).toContain("MALLOC_ARENA_MAX=1");
    const warm = [run(...question), run(...question, "--json")];
    expect(warm.map(({ stdout }) => untimed(stdout))).toEqual(
      cold.map(({ stdout }) => untimed(stdout)),
    );
    const log = readFileSync(socketFile().replace(/sock$/u, "log"), "utf8");
    expect(log.match(/"route":"search","code":"ok"/gu)).toHaveLength(2);
    expect(log).not.toContain("lamp");

    // A second one leaves the place to the first.
    const second = run("serve", ...unconfined);
    expect([second.code, second.stdout]).toEqual([0, "ready\n"]);
    // What a client names is no place.
    for (const input of [
      { query: "a", index: "/etc" },
      { query: "a", workspace: "/" },
      { query: "a", registry: "/tmp" },
    ]) {
      const reply = await askService(socketFile(), { method: "search", input });
      expect(reply).toMatchObject({ kind: "failure", error: { code: "REQUEST_INVALID" } });
    }
    // What answers is killed: the next question starts another.
    const own = `/proc/${child.pid}/task/${child.pid}/children`;
    const workers = readFileSync(own, "utf8").trim().split(" ").map(Number);
    expect(workers).toHaveLength(1);
    for (const worker of workers) process.kill(worker, "SIGKILL");
    const status = await Promise.all(
      [1, 2, 3].map(() => askService(socketFile(), { method: "status" })),
    );
    for (const reply of status) {
      expect(reply.kind === "answer" || reply).toEqual(
        reply.kind === "answer" || {
          kind: "failure",
          error: expect.objectContaining({ code: expect.stringMatching(/^WORKER_/u) }),
        },
      );
    }
    expect(untimed(run(...question, "--json").stdout)).toBe(untimed(cold[1]?.stdout ?? ""));

    expect(run("serve", "--stop").code).toBe(0);
    const [code] = (await once(child, "exit")) as [number | null, string | null];
    expect([code, existsSync(socketFile())]).toEqual([0, false]);
  });

  test("is started by a question that asks for it, and outlives it", () => {
    if (unconfined.length > 0) {
      process.stderr.write("serve: skipped, this machine has no sandbox\n");
      return;
    }
    const asked = run("query", "When is the lamp lit?", "--warm", "--json");
    expect(asked.code).toBe(0);
    expect(existsSync(socketFile())).toBe(true);
    // A damaged place is told, and the question is answered all the same.
    const other = run("query", "What is fog?", "--topk", "1");
    expect([other.code, other.stderr]).toEqual([0, ""]);
    expect(run("serve", "--stop").code).toBe(0);
  });

  test("by standard input is the resident form of query", () => {
    const input = '{"id":1,"input":{"query":"When is the lamp lit?","topk":1}}\n';
    const place = { home, cwd: workspace, input };
    const [served, asked] = [
      localRag(["serve", "--stdio"], place),
      localRag(["query", "--resident"], place),
    ];
    expect(untimed(served.stdout)).toBe(untimed(asked.stdout));
    expect(served.code).toBe(0);
  });

  test("speaks MCP by standard input, from the confined process", () => {
    const messages = [
      {
        id: 0,
        method: "initialize",
        params: {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      },
      { method: "notifications/initialized" },
    ];
    const child = localRag(["serve", "--mcp", ...unconfined], {
      home,
      cwd: workspace,
      input: messages
        .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
        .join(""),
    });
    expect(JSON.parse(child.stdout)).toMatchObject({
      id: 0,
      result: { capabilities: { tools: {} } },
    });
    expect(run("serve", "--mcp", "--http", "0").code).toBe(2);
  });

  test("speaks MCP by HTTP to who has the token", async () => {
    const args = ["serve", "--http", "0", "--openai", "--workers", "2", ...unconfined];
    const child = startLocalRag(args, { home, cwd: workspace });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    await once(child.stdout, "data");
    const [, url = "", file = ""] = /(http:\S+) for \/mcp, .*, token in (\S+)/u.exec(said) ?? [];
    const call = (token: string): Promise<Response> =>
      fetch(`${url}/mcp`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: { name: "search", arguments: { query: "When is the lamp lit?", topk: 1 } },
        }),
      });
    expect((await call("x".repeat(43))).status).toBe(401);
    const answer = await call(readFileSync(file, "utf8").trim());
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("lamp.md")]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const post = async (at: string, body: unknown): Promise<unknown> => {
      const headers = { ...authorized, "content-type": "application/json" };
      const request = { method: "POST", headers, body: JSON.stringify(body) };
      return (await fetch(`${url}${at}`, request)).json();
    };
    const authorized = { authorization: `Bearer ${readFileSync(file, "utf8").trim()}` };
    expect(await post("/v1/search", { query: "When is the lamp lit?", topk: 1 })).toMatchObject({
      version: 1,
      results: [{ citation: { path: expect.stringContaining("lamp.md") } }],
    });
    // Out of two threads of the confined process.
    const input = ["one", "two", "three", "four", "five"];
    expect(await post("/v1/embeddings", { model: "all-minilm", input })).toMatchObject({
      data: input.map((_, index) => ({ index })),
    });
    // Each endpoint has a switch of its own.
    const headers = authorized;
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/api/tags`, { headers })).status).toBe(404);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null, string | null];
    expect(code).toBe(0);
  });

  test("by HTTP ends when it was idle for as long as somebody said", async () => {
    const args = ["serve", "--http", "0", "--idle", "1", ...unconfined];
    const child = startLocalRag(args, { home, cwd: workspace });
    const [code] = (await once(child, "exit")) as [number | null, string | null];
    expect(code).toBe(0);
    expect(existsSync(socketFile())).toBe(false);
  });

  test("needs an index, and takes no arguments", () => {
    const absent = run("serve", "--index", path.join(base, "absent"));
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining("INDEX_MISSING")]);
    expect(run("serve", "here").code).toBe(2);
    expect(run("serve", "--ollama").stderr).toContain("--ollama needs --http");
    expect(run("serve", "--stop", "--index", path.join(base, "absent")).stderr).toContain(
      "nobody serves",
    );
  });
});
