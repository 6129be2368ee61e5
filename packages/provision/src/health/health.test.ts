import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { gatewayGates, tagsGate } from "./http-gates.ts";
import { tokenStatus } from "../operate/gateway-probe.ts";
import { turnGate } from "./turn-gate.ts";

let base = "";
let server: Server;
let answers: Record<string, readonly [number, string]> = {};
let asked: string[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ck-health-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    const [status, text] = answers[request.url ?? ""] ?? [404, ""];
    response.writeHead(status).end(text);
  });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  rmSync(base, { recursive: true });
});

async function listen(): Promise<{ readonly host: string; readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const once_ = { waitMs: 0 };

describe("the gates of the gateway", () => {
  test("live, started and ready are three questions", async () => {
    answers = {
      "/healthz": [200, '{"ok":true,"status":"live"}'],
      "/startupz": [200, "{}"],
      "/readyz": [503, '{"ready":false}'],
    };
    const gates = gatewayGates(await listen(), once_);
    expect(gates.map(({ name }) => name)).toEqual([
      "gateway /healthz",
      "gateway /startupz",
      "gateway /readyz",
    ]);
    const said = [];
    for (const gate of gates) said.push(await gate.check());
    expect(said).toEqual([undefined, undefined, "status 503, asked for 0 s"]);
  });

  test("S14: somebody else on its port who answers 200 is not the gateway", async () => {
    answers = { "/healthz": [200, "<html>"], "/readyz": [200, '{"ready":"yes"}'] };
    const [health, , ready] = gatewayGates(await listen(), once_);
    expect(await health?.check()).toBe("status 200, asked for 0 s");
    expect(await ready?.check()).toBe("status 200, asked for 0 s");
  });

  test("it is asked again until it is ready", async () => {
    answers = { "/readyz": [503, "{}"] };
    const place = await listen();
    const [, , gate] = gatewayGates(place, { waitMs: 60_000, everyMs: 5 });
    const checked = gate?.check();
    while (asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    answers = { "/readyz": [200, '{"ready":true}'] };
    expect(await checked).toBeUndefined();
  });

  test("nobody there", async () => {
    const [gate] = gatewayGates({ host: "127.0.0.1", port: 1 }, once_);
    expect(await gate?.check()).toBe("no answer, asked for 0 s");
  });
});

describe("the gate of Ollama", () => {
  test("asks by a socket, by the name that its proxy goes by, and names what is missing", async () => {
    const socket = join(base, "o.sock");
    server.listen(socket);
    await once(server, "listening");
    answers = { "/api/tags": [200, '{"models":[{"name":"gpt-oss:20b"}]}'] };
    const place = { socket, hostHeader: "ollama-gate:11434" };
    expect(await tagsGate(place, ["gpt-oss:20b"], once_).check()).toBeUndefined();
    expect(asked).toEqual(["ollama-gate:11434 /api/tags"]);
    expect(await tagsGate(place, ["gpt-oss:20b", "phi3:3.8b"], once_).check()).toContain(
      "it lacks phi3:3.8b",
    );
  });
});

describe("the gate of a turn", () => {
  const ran =
    (code: number | null, stdout: string, stderr = "") =>
    () =>
      Promise.resolve({ code, stdout, stderr });

  test("hears the answer, with the envelope of a gateway or without", async () => {
    const heard: string[] = [];
    for (const text of [
      'note\n{"payloads":[{"text":"one"}]}',
      '{"result":{"payloads":[{"text":"a"},{"text":"b"}]}}',
    ]) {
      expect(await turnGate(ran(0, text), (answer) => heard.push(answer)).check()).toBeUndefined();
    }
    expect(heard).toEqual(["one", "a\nb"]);
  });

  test.each([
    ["nothing was said", 0, '{"payloads":[]}', "exit code 0"],
    ["it failed, and says why", 1, "", "exit code 1: x; no such model"],
    ["no JSON", 0, "{oops", "exit code 0"],
    ["it was killed", null, "", "exit code null"],
  ])("%s", async (_what, code, stdout, expected) => {
    const why = await turnGate(ran(code, stdout, code === 1 ? "x\nno such model\n" : "")).check();
    expect(why).toContain(expected);
  });
});

test("a turn that OpenClaw broke off for a limit of its own is asked again, twice; one that fails is not", async () => {
  const answers = (...turns: readonly (readonly [number, string, string])[]) => {
    let asked = 0;
    const gate = turnGate(() => {
      const [code, stdout, stderr] = turns[asked] ?? [0, "", ""];
      asked += 1;
      return Promise.resolve({ code, stdout, stderr });
    });
    return { check: () => gate.check(), asked: () => asked };
  };
  const broken = [
    1,
    "",
    "All models failed (1): ollama/m: worker task timed out (timeout)",
  ] as const;
  const well = [0, '{"payloads":[{"text":"ready"}]}', ""] as const;
  const third = answers(broken, broken, well);
  expect([await third.check(), third.asked()]).toEqual([undefined, 3]);
  const never = answers(broken, broken, broken, well);
  expect([await never.check(), never.asked()]).toEqual([expect.stringContaining("timed out"), 3]);
  const failed = answers([1, "", "no such model"], well);
  expect([await failed.check(), failed.asked()]).toEqual([expect.stringContaining("no such"), 1]);
});

test("a gateway that says nothing yet is asked again what it answers to a token", async () => {
  let asked = 0;
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    asked += 1;
    if (asked === 1) request.socket.destroy();
    else response.writeHead(request.headers.authorization === "Bearer known" ? 404 : 401).end();
  });
  const { port } = await listen();
  expect([await tokenStatus(port, "old"), asked]).toEqual([401, 2]);
  expect(await tokenStatus(port, "known")).toBe(404);
  asked = 0;
  expect([await tokenStatus(port, "old", 1), asked]).toEqual([undefined, 1]);
});
