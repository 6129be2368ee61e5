import { accessTokens, serveHttp } from "@clawkeep/service";
import type { HttpService } from "@clawkeep/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localWorker } from "../local-worker.cases.ts";
import { workspace } from "../stand.cases.ts";
import type { Workspace } from "../stand.cases.ts";
import type { WorkerClient } from "../worker/worker-client.ts";
import { searchRoute } from "./search-route.ts";

const token = "s".repeat(40);
let place: Workspace;
let worker: WorkerClient;
let http: HttpService;

beforeAll(async () => {
  place = await workspace();
  worker = localWorker(place);
  http = await serveHttp({
    tokens: accessTokens([{ id: "one", token }]),
    routes: [searchRoute(worker)],
  });
});
afterAll(async () => {
  await http.close();
  await worker.close();
  place[Symbol.dispose]();
});

function ask(body: string, authorization = `Bearer ${token}`): Promise<Response> {
  const headers = { authorization, "content-type": "application/json" };
  return fetch(`http://127.0.0.1:${http.port}/v1/search`, { method: "POST", headers, body });
}

describe("POST /v1/search", () => {
  test("gives what the worker says, byte for byte but for the time it took", async () => {
    const question = { query: "when is the lamp lit", topk: 2, explain: true };
    const answer = await ask(JSON.stringify(question));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
    const untimed = (text: string): string => text.replace(/"tookMs":[0-9.]+/u, "");
    const { json } = await worker.ask("search", question);
    expect(untimed(await answer.text())).toBe(untimed(json));
    expect(json).toContain("lamp.md");
  });

  test.each([
    ["no JSON", "{", "REQUEST_INVALID"],
    ["no object", "[]", "REQUEST_INVALID"],
    ["an unknown member", '{"query":"a","index":"/etc"}', "REQUEST_INVALID"],
    ["too many passages", '{"query":"a","topk":201}', "REQUEST_INVALID"],
    ["a long question", JSON.stringify({ query: "x".repeat(70_000) }), "REQUEST_INVALID"],
  ])("says by code what is wrong: %s", async (_, body, code) => {
    const answer = await ask(body);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(code)]);
  });

  test("refuses a body that no question has, and who has no token", async () => {
    expect((await ask(JSON.stringify({ query: "x".repeat(600_000) }))).status).toBe(413);
    expect((await ask('{"query":"a"}', `Bearer ${"w".repeat(40)}`)).status).toBe(401);
  });
});
