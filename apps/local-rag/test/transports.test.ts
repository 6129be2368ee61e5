import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { detectLevels } from "@clawkeep/sandbox";
import { askService } from "@clawkeep/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CommandResult } from "./command.ts";
import { localRag, startLocalRag } from "./command.ts";

/*
 * One question has one answer, by whatever way it comes: the command line, standard input, the resident form,
 * the socket, HTTP, MCP. What is asked for beside passages is the same everywhere too.
 */

// Short: a socket's path has to fit.
/** Each test starts many processes, and CI is slow. */
const patience = 240_000;
const base = mkdtempSync(path.join(tmpdir(), "rag-"));
const home = path.join(base, "home");
const levels = await detectLevels();
const unconfined = levels.bubblewrap.available || levels.landlock.available ? [] : ["--unconfined"];

const workspaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  harbour: {
    "docs/lamp.md":
      "---\ntags: [ops]\n---\n# Lamp\n\nThe keeper lights the lamp at dusk.\n\n## Oil\n\nColza oil feeds the lamp all night.\n",
    "docs/horn.md": "# Horn\n\nThe horn sounds while the lamp is in fog.\n",
    "old/lamp.md": "# Old lamp\n\nThe lamp burned tallow before.\n",
  },
  garden: {
    "lamp.md": "# Garden lamp\n\nA lamp stands by the pond.\n",
    "fish.md": "# Fish\n\nCarp swim in the pond.\n",
  },
};

const run = (args: readonly string[], input?: string): CommandResult =>
  localRag(args, { home, cwd: base, ...(input === undefined ? {} : { input }) });
const indexOf = (name: string): string => path.join(base, name, ".clawkeep/index");

/** How the indexes are named, and a question with everything it may say, as JSON. */
interface Case {
  readonly indexes: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
}

const one = ["--index", indexOf("harbour")];
const both = [...one, "--index", indexOf("garden")];
const named = ["--collection", "plants", "--collection", "old"];
const cases: Readonly<Record<string, Case>> = {
  plain: { indexes: one, input: { query: "when is the lamp lit", topk: 2 } },
  filter: { indexes: one, input: { query: "lamp", filter: "tag=ops" } },
  scope: { indexes: one, input: { query: "lamp", scope: ["docs/horn.md", "old"], context: 1 } },
  operators: { indexes: one, input: { query: 'lamp -tallow "the lamp"', syntax: "operators" } },
  variety: { indexes: one, input: { query: "lamp", diversity: 0.7, topk: 3, explain: true } },
  "budget in bytes": { indexes: one, input: { query: "lamp oil", maxBytes: 60 } },
  "budget in tokens": { indexes: one, input: { query: "lamp oil", maxTokens: 20 } },
  "two indexes": { indexes: both, input: { query: "lamp by the pond", topk: 4, explain: true } },
  "one of two": { indexes: both, input: { query: "lamp", collections: ["garden"] } },
  collections: { indexes: named, input: { query: "lamp", topk: 10 } },
};

interface Sent {
  readonly answer: Record<string, unknown>;
  readonly text: string | undefined;
}

/** Without what may differ: how long it took, and where the next page is. */
function bare(answer: unknown): Record<string, unknown> {
  return without(answer as Record<string, unknown>, "tookMs", "nextCursor");
}

function without(
  value: Readonly<Record<string, unknown>>,
  ...names: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function requireObject(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

/** Flags of the command line for a question in JSON. */
function flagsOf({ query, explain, scope, topk, syntax, ...rest }: Case["input"]): string[] {
  const names: Readonly<Record<string, string>> = {
    ...{ filter: "filter", context: "context", diversity: "diversity" },
    ...{ maxTokens: "max-tokens", maxBytes: "max-bytes" },
  };
  return [
    String(query),
    ...["--topk", typeof topk === "number" ? String(topk) : "5"],
    ...(explain === true ? ["--explain"] : []),
    ...(syntax === "operators" ? [] : ["--words"]),
    ...(scope === undefined ? [] : ["--scope", (scope as readonly string[]).join(",")]),
    ...Object.entries(rest).flatMap(([name, value]) => [`--${names[name] ?? ""}`, String(value)]),
  ];
}

interface Service {
  readonly socket: string;
  readonly url: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

async function serve(indexes: readonly string[]): Promise<Service> {
  const before = new Set(sockets());
  const args = ["serve", "--http", "0", ...indexes, ...unconfined];
  const child = startLocalRag(args, { home, cwd: base });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  await once(child.stdout, "data");
  const [, url = "", file = ""] = /(http:\S+) for .*, token in (\S+)/u.exec(said) ?? [];
  const socket = sockets().find((name) => !before.has(name)) ?? "none";
  return {
    socket,
    url,
    token: readFileSync(file, "utf8").trim(),
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function sockets(): readonly string[] {
  try {
    const folder = path.join(home, "run");
    return readdirSync(folder)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

async function post(service: Service, at: string, body: unknown): Promise<unknown> {
  const reply = await fetch(`${service.url}${at}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${service.token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  const data = /^data: (.*)$/mu.exec(text)?.[1];
  return JSON.parse(data ?? text) as unknown;
}

async function tool(service: Service, input: Case["input"]): Promise<Sent> {
  const params = { name: "search", arguments: input };
  const reply = (await post(service, "/mcp", {
    ...{ jsonrpc: "2.0", id: 1, method: "tools/call", params },
  })) as {
    readonly result: {
      readonly structuredContent?: Record<string, unknown>;
      readonly content: readonly { readonly text: string }[];
    };
  };
  return {
    answer: reply.result.structuredContent ?? {},
    text: reply.result.content[0]?.text,
  };
}

beforeAll(() => {
  for (const [name, files] of Object.entries(workspaces)) {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(base, name, file)), { recursive: true });
      writeFileSync(path.join(base, name, file), text);
    }
    expect(run(["index", name]).code).toBe(0);
  }
  expect(run(["collection", "add", "plants", "--index", indexOf("garden")]).code).toBe(0);
  const old = ["collection", "add", "old", "--index", indexOf("harbour"), "--scope", "old/"];
  expect(run(old).code).toBe(0);
}, patience);
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("the same question", () => {
  test.each([
    ["of one index", one],
    ["of two indexes", both],
    ["of collections with a name", named],
  ])("%s has the same answer by every way", { timeout: patience }, async (_, indexes) => {
    const chosen = Object.entries(cases).filter(([, each]) => each.indexes === indexes);
    const explained = new Set(
      chosen.filter(([, { input }]) => input["explain"] === true).map(([name]) => name),
    );
    const lines = chosen.flatMap(([name, { input }], at) =>
      explained.has(name) ? [] : [`${JSON.stringify({ id: at + 1, input })}\n`],
    );
    const resident = run(["query", "--resident", ...indexes], lines.join(""))
      .stdout.trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly id: number; readonly output: unknown });
    const cold = chosen.map(([name, { input }]) => {
      // A command line has the collections that it opens; only a request chooses among them.
      const isPlain = input["collections"] === undefined;
      const result = isPlain
        ? run(["query", "--json", ...indexes, ...flagsOf(input)])
        : run(["query", "--stdin", "--json", ...indexes], JSON.stringify(input));
      expect([name, result.code, result.stderr]).toEqual([name, 0, ""]);
      return bare(requireObject(result.stdout));
    });
    const service = await serve(indexes);
    try {
      for (const [at, [name, { input }]] of chosen.entries()) {
        const expected = cold[at];
        expect(expected?.["results"], name).not.toEqual([]);
        // Figures are asked for by a flag there, which holds for every line of a resident process.
        const line = explained.has(name)
          ? run(
              ["query", "--stdin", "--json", "--explain", ...indexes],
              JSON.stringify(without(input, "explain")),
            ).stdout
          : JSON.stringify(resident.find(({ id }) => id === at + 1)?.output);
        expect(bare(requireObject(line)), `${name} by standard input`).toEqual(expected);
        const reply = await askService(service.socket, { method: "search", input });
        expect(reply.kind, `${name} by socket`).toBe("answer");
        if (reply.kind === "answer") {
          expect(bare(requireObject(reply.output)), `${name} by socket`).toEqual(expected);
        }
        expect(bare(await post(service, "/v1/search", input)), `${name} by HTTP`).toEqual(expected);
        expect(bare((await tool(service, input)).answer), `${name} by MCP`).toEqual(expected);
      }
    } finally {
      await service.stop();
    }
  });

  test(
    "has the same bytes by every way, the first time, again, and after a publication",
    { timeout: patience },
    async () => {
      const input = { query: "when is the lamp lit", topk: 3 };
      const untimed = (text: string): string => text.replace(/"tookMs":[0-9.]+/u, '"tookMs":0');
      const cold = (): string =>
        untimed(
          run(["query", "--stdin", "--json", ...one], JSON.stringify(input)).stdout.trimEnd(),
        );
      const service = await serve(one);
      try {
        const warm = async (): Promise<readonly string[]> => {
          const reply = await askService(service.socket, { method: "search", input });
          const http = await fetch(`${service.url}/v1/search`, {
            method: "POST",
            headers: {
              authorization: `Bearer ${service.token}`,
              "content-type": "application/json",
            },
            body: JSON.stringify(input),
          });
          return [reply.kind === "answer" ? reply.output : reply.kind, await http.text()].map(
            untimed,
          );
        };
        // The sandboxed form too: one process that is asked twice.
        const lines = [1, 2].map((id) => JSON.stringify({ id, input })).join("\n");
        const stdio = (): readonly string[] =>
          run(["serve", "--stdio", ...one], `${lines}\n`)
            .stdout.trimEnd()
            .split("\n")
            .map((line, at) =>
              untimed(line)
                .replace(`{"exitCode":0,"id":${at + 1},"output":`, "")
                .slice(0, -1),
            );
        const first = cold();
        expect(first).toContain("docs/lamp.md");
        expect([...(await warm()), ...(await warm()), ...stdio()]).toEqual(
          Array.from({ length: 6 }, () => first),
        );
        const added = path.join(base, "harbour/docs/wick.md");
        writeFileSync(added, "# Wick\n\nWhen the lamp is lit, the wick is trimmed.\n");
        expect(run(["index", "harbour"]).code).toBe(0);
        const second = cold();
        expect(second).toContain("docs/wick.md");
        expect([...(await warm()), ...(await warm()), ...stdio()]).toEqual(
          Array.from({ length: 6 }, () => second),
        );
      } finally {
        await service.stop();
        rmSync(path.join(base, "harbour/docs/wick.md"), { force: true });
        expect(run(["index", "harbour"]).code).toBe(0);
      }
    },
  );

  test("is written in each form alike", { timeout: patience }, async () => {
    const input = { query: "when is the lamp lit", topk: 2 };
    const service = await serve(one);
    try {
      for (const format of ["markdown", "text"]) {
        const args = ["query", "--format", format, "--topk", "2", ...one, input.query];
        const { stdout } = run(args);
        expect(stdout).toContain("docs/lamp.md");
        expect(await post(service, "/v1/search", { ...input, format })).toMatchObject({
          format,
          text: stdout,
        });
        expect((await tool(service, { ...input, format })).text).toBe(stdout);
      }
      for (const wrong of [
        { ...input, index: indexOf("garden") },
        { ...input, collections: ["garden"] },
        { ...input, maxBytes: 1, maxTokens: 1 },
        { ...input, filter: "tag=" },
        { ...input, rerank: "/tmp" },
      ]) {
        expect(await post(service, "/v1/search", wrong)).toMatchObject({
          error: {
            code: expect.stringMatching(/^(?:REQUEST_INVALID|COLLECTION_UNKNOWN|FILTER_SYNTAX)$/u),
          },
        });
        expect((await tool(service, wrong)).answer).toEqual({});
      }
    } finally {
      await service.stop();
    }
  });
});

describe("several indexes", () => {
  test("are trusted one by one", () => {
    const registry = ["--registry", path.join(base, "empty")];
    const status = requireObject(run(["status", "--json", ...one]).stdout);
    const trust = ["--trust-index", String(status["snapshotRoot"])];
    const half = run(["query", "--json", ...both, ...registry, ...trust, "lamp"]);
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining("INDEX_UNTRUSTED")]);
    const other = requireObject(run(["status", "--json", "--index", indexOf("garden")]).stdout);
    const all = ["--trust-index", String(other["snapshotRoot"]), ...trust];
    expect(run(["query", "--json", ...both, ...registry, ...all, "lamp"]).code).toBe(0);
  });

  test("have names that are listed and taken away", () => {
    const list = requireObject(run(["collection", "list", "--json"]).stdout);
    expect(list).toMatchObject({
      collections: [
        { name: "old", scopes: ["old/"], trusted: true, published: true },
        { name: "plants", scopes: [] },
      ],
    });
    expect(run(["collection", "add", "x", "--index", "absent"]).stderr).toContain("INDEX_MISSING");
    expect(run(["collection", "add", "short", "--index", indexOf("garden")]).code).toBe(0);
    expect(run(["collection", "remove", "short"]).code).toBe(0);
    const gone = run(["query", "--collection", "short", "lamp"]);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("COLLECTION_UNKNOWN")]);
  });
});
