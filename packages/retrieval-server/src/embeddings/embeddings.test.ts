import { CodedError } from "@clawkeep/diagnostics";
import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import { accessTokens, serveHttp } from "@clawkeep/service";
import type { HttpService } from "@clawkeep/service";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localWorker } from "../local-worker.cases.ts";
import { searchRoute } from "../search/search-route.ts";
import { workspace } from "../stand.cases.ts";
import type { Workspace } from "../stand.cases.ts";
import type { WorkerClient, WorkerMethod } from "../worker/worker-client.ts";
import { ollamaRoutes } from "./ollama-routes.ts";
import { openAiRoutes } from "./openai-routes.ts";
import type { ServedModel } from "./served-model.ts";

const token = "e".repeat(40);
const { files, dimensions, maxTokens } = modelManifest;
const model: ServedModel = {
  names: ["all-minilm-l6-v2", "all-minilm"],
  dimensions,
  maxTokens,
  digest: files.weights.digest.slice("sha256:".length),
  bytes: files.weights.bytes,
};
let place: Workspace;
let worker: WorkerClient;
let http: HttpService;
/** Signals of requests that the worker was asked with. */
const signals: AbortSignal[] = [];

beforeAll(async () => {
  place = await workspace();
  // Several sessions, as where several processors may be used: nothing of it is seen in an answer.
  worker = localWorker(place, 2);
  const watched = {
    ask: (method: WorkerMethod, input: unknown, signal?: AbortSignal) => {
      if (signal !== undefined) signals.push(signal);
      return worker.ask(method, input, signal);
    },
  };
  http = await serveHttp({
    tokens: accessTokens([{ id: "gateway", token }]),
    routes: [...openAiRoutes(watched, model), ...ollamaRoutes(watched, model)],
  });
});
afterAll(async () => {
  await http.close();
  await worker.close();
  place[Symbol.dispose]();
});

const base = (): string => `http://127.0.0.1:${http.port}`;
const openai = (apiKey = token): OpenAI =>
  new OpenAI({ baseURL: `${base()}/v1`, apiKey, maxRetries: 0 });
const ollama = (key = token): Ollama =>
  new Ollama({ host: base(), headers: { Authorization: `Bearer ${key}` } });

const texts = ["when is the lamp lit", "", "naïve 🦀 text", "x ".repeat(2000), "fn main() {}"];

/** The vectors that the command line's own embedder has, byte for byte. */
async function expected(of: readonly string[] = texts): Promise<readonly number[][]> {
  const embedder = await openEmbedder({ workers: 0 });
  const rows = await embedder.embed(of);
  await embedder.close();
  return of.map((_, place) => [...rows.subarray(place * dimensions, (place + 1) * dimensions)]);
}

describe("OpenAI's client", () => {
  test("gets the vectors of the command line, as floats and as base64", async () => {
    const rows = await expected();
    for (const encoding_format of ["float", "base64"] as const) {
      const answer = await openai().embeddings.create({
        model: "all-minilm-l6-v2",
        input: texts,
        encoding_format,
      });
      const found = answer.data.map(({ embedding }) =>
        typeof embedding === "string"
          ? [...new Float32Array(new Uint8Array(Buffer.from(embedding, "base64")).buffer)]
          : embedding,
      );
      expect(found).toEqual(rows);
      expect(answer.usage.prompt_tokens).toBeGreaterThan(texts.length * 2);
    }
    // What the client asks for when nobody says.
    const plain = await openai().embeddings.create({ model: "all-minilm", input: texts[0] ?? "" });
    expect(plain.data[0]?.embedding).toEqual(rows[0]);
  });

  test("is answered on four connections with five chunks each, as OpenClaw asks", async () => {
    const requests = [0, 1, 2, 3].map((n) => texts.map((text) => `${text} ${n}`));
    const answers = await Promise.all(
      requests.map((input) =>
        openai().embeddings.create({ model: "all-minilm", input, encoding_format: "float" }),
      ),
    );
    for (const [place, answer] of answers.entries()) {
      expect(answer.data.map(({ embedding }) => embedding)).toEqual(
        await expected(requests[place]),
      );
    }
  });

  test("is told by type what is wrong", async () => {
    const ask = (request: object, key?: string): Promise<unknown> =>
      openai(key).embeddings.create(request as never);
    const request = { model: "all-minilm", input: "a" };
    await expect(ask(request, "w".repeat(40))).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(ask({ ...request, model: "gpt-5" })).rejects.toThrow(OpenAI.NotFoundError);
    for (const wrong of [
      { ...request, input: [] },
      { ...request, input: [[1, 2, 3]] },
      { ...request, input: Array.from({ length: 2049 }, () => "a") },
      { ...request, dimensions: 12 },
      { ...request, encoding_format: "hex" },
      { ...request, endpoint: "http://evil.example" },
      { ...request, input: "x".repeat(5 * 1024 * 1024) },
      { ...request, input: "\ud800" },
    ]) {
      await expect(ask(wrong)).rejects.toThrow(OpenAI.BadRequestError);
    }
    await expect(ask({ ...request, input: "x".repeat(17 * 1024 * 1024) })).rejects.toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });

  test("that goes away cancels what it asked for", async () => {
    const controller = new AbortController();
    const input = Array.from({ length: 300 }, (_, n) => `a text of its own ${n}`);
    const before = signals.length;
    const asked = openai().embeddings.create(
      { model: "all-minilm", input },
      { signal: controller.signal },
    );
    const begun = new Promise<AbortSignal>((resolve) => {
      const look = (): void => {
        const signal = signals[before];
        if (signal === undefined) setImmediate(look);
        else resolve(signal);
      };
      look();
    });
    const signal = await begun;
    controller.abort();
    await expect(asked).rejects.toThrow(OpenAI.APIUserAbortError);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
  });

  test("lists the model", async () => {
    const { data } = await openai().models.list();
    expect(data.map(({ id }) => id)).toEqual(model.names);
  });
});

test("a worker that died is no fault of the request: clients try again", async () => {
  const died = {
    ask: () => Promise.reject(new CodedError({ code: "WORKER_ENDED", message: "m" })),
  };
  const broken = await serveHttp({
    tokens: accessTokens([{ id: "gateway", token }]),
    routes: [...openAiRoutes(died, model), ...ollamaRoutes(died, model), searchRoute(died)],
  });
  try {
    const client = new OpenAI({
      baseURL: `http://127.0.0.1:${broken.port}/v1`,
      apiKey: token,
      maxRetries: 0,
    });
    await expect(client.embeddings.create({ model: "all-minilm", input: "a" })).rejects.toThrow(
      OpenAI.InternalServerError,
    );
    for (const [at, body] of [
      ["/api/embed", { model: "all-minilm", input: "a" }],
      ["/v1/search", { query: "a" }],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const url = `http://127.0.0.1:${broken.port}${at}`;
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      expect([answer.status, await answer.text()]).toEqual([
        503,
        expect.stringContaining("WORKER_ENDED"),
      ]);
    }
  } finally {
    await broken.close();
  }
});

describe("Ollama's client", () => {
  test("gets the vectors of the command line", async () => {
    const { embeddings, prompt_eval_count } = await ollama().embed({
      model: "all-minilm",
      input: texts,
    });
    expect(embeddings).toEqual(await expected());
    expect(prompt_eval_count).toBeGreaterThan(0);
  });

  test("is answered on four connections with five chunks each, as OpenClaw asks", async () => {
    const requests = [0, 1, 2, 3].map((n) => texts.map((text) => `${text} ${n}`));
    const answers = await Promise.all(
      requests.map((input) => ollama().embed({ model: "all-minilm", input })),
    );
    for (const [place, { embeddings }] of answers.entries()) {
      expect(embeddings).toEqual(await expected(requests[place]));
    }
  });

  test("that sends more than is taken is told so", async () => {
    const input = "x".repeat(17 * 1024 * 1024);
    await expect(ollama().embed({ model: "all-minilm", input })).rejects.toThrow(
      expect.objectContaining({ status_code: 413 }),
    );
  });

  test("that goes away cancels what it asked for", async () => {
    // The client ends only streamed requests by itself; its `fetch` is where others are ended.
    const controller = new AbortController();
    const client = new Ollama({
      host: base(),
      headers: { Authorization: `Bearer ${token}` },
      fetch: (url, init) => fetch(url, { ...init, signal: controller.signal }),
    });
    const input = Array.from({ length: 300 }, (_, n) => `another text of its own ${n}`);
    const before = signals.length;
    const asked = client.embed({ model: "all-minilm", input });
    await expect.poll(() => signals.length, { timeout: 20_000 }).toBeGreaterThan(before);
    controller.abort();
    await expect(asked).rejects.toThrow(/abort/u);
    await expect.poll(() => signals[before]?.aborted, { timeout: 20_000 }).toBe(true);
  });

  test("finds the model and what it can do", async () => {
    const { models } = await ollama().list();
    expect(models.map(({ name }) => name)).toContain("all-minilm:latest");
    const shown = await ollama().show({ model: "all-minilm:latest" });
    expect(shown.capabilities).toEqual(["embedding"]);
    expect(await ollama().version()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/u),
    });
  });

  test("is told what is wrong, and finds nothing that changes or sends anything", async () => {
    await expect(ollama("w".repeat(40)).embed({ model: "all-minilm", input: "a" })).rejects.toThrow(
      /HTTP_TOKEN/u,
    );
    await expect(ollama().embed({ model: "llama3", input: "a" })).rejects.toThrow(/not found/u);
    await expect(ollama().show({ model: "llama3" })).rejects.toThrow(/not found/u);
    await expect(
      ollama().embed({ model: "all-minilm", input: "x ".repeat(2000), truncate: false }),
    ).rejects.toThrow(/context length/u);
    for (const path of ["/api/pull", "/api/push", "/api/create", "/api/delete", "/api/chat"]) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${base()}${path}`, { method: "POST", headers, body: "{}" });
      expect(answer.status).toBe(404);
    }
  });
});
