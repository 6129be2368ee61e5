import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { placeWith } from "./deployed.ts";
import type { Place } from "./deployed.ts";

let place: Place;
beforeAll(async () => {
  // Small enough for any machine that runs tests.
  place = await placeWith(
    "agents: {second: {model: ollama/qwen2.5:3b}}\n",
    "2026.9.6",
    "ollama/qwen2.5:3b",
    "  contextTokens: 16384\n",
  );
  const args = ["apply", "--start", "--without-model", "--openclaw", "oc"];
  expect(await place.claw(...args)).toMatchObject({ code: 0, stderr: expect.any(String) });
}, 120_000);
afterAll(async () => place.close(), 120_000);

const spec = (): string => readFileSync(path.join(place.home, "deploy.yaml"), "utf8");
const config = (): string => readFileSync(place.config, "utf8");

test("C21, L11: model edits the spec, shows the difference, applies it and restarts; comments stay", async () => {
  expect((await place.claw("model")).stdout).toBe("ollama/qwen2.5:3b\n");
  const before = spec();
  const dry = await place.claw("model", "ollama/llama3.2:3b", "--dry-run");
  expect(dry.stdout).toContain("-   primary: ollama/qwen2.5:3b # the model");
  expect(dry.stdout).toContain("+   primary: ollama/llama3.2:3b # the model");
  expect(dry.stdout).toContain("change config/openclaw.json");
  const asked = await place.claw("model", "ollama/llama3.2:3b");
  expect([asked.code, spec()]).toEqual([1, before]);
  const done = await place.claw("model", "ollama/llama3.2:3b", "--yes", "--without-model");
  expect(done.code).toBe(0);
  expect(spec()).toBe(before.replace("qwen2.5:3b", "llama3.2:3b"));
  expect(config()).toContain("llama3.2:3b");
  expect((await place.claw("health")).code).toBe(0);
  expect((await place.claw("model", "ollama/llama3.2:3b")).stdout).toContain("says so already");
}, 120_000);

test.each([
  ["ollama/llama3.2:latest", "DEPLOY_MODEL_FLOATING"],
  ["ollama/deepseek-r1:7b", "DEPLOY_MODEL_WITHOUT_TOOLS"],
  ["--yes", "says so already|ollama/"],
  ["gpt", "DEPLOY_"],
])("C21: model %s is refused or changes nothing", async (ref, words) => {
  const before = [spec(), config()];
  const { code, stdout, stderr } = await place.claw("model", ref, "--yes", "--without-model");
  expect(`${stdout}${stderr}`).toMatch(new RegExp(words, "u"));
  expect([spec(), config()]).toEqual(before);
  if (words.startsWith("DEPLOY")) expect(code).toBe(1);
});

test("C21 C24: agent-switch lists named agents, and has one answer", async () => {
  expect((await place.claw("agent-switch")).stdout).toContain("- qwen-7b  ollama/qwen2.5-coder:7b");
  const none = await place.claw("agent-switch", "nobody");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("AGENT_UNKNOWN")]);
  const dry = await place.claw("agent-switch", "second", "--dry-run");
  expect(dry.stdout).toContain("+   primary: ollama/qwen2.5:3b");
});

test("C23: fix-origins adds an origin, and refuses one that is none", async () => {
  const done = await place.claw(
    "fix-origins",
    "--origin",
    "https://claw.example.net",
    "--yes",
    "--without-model",
  );
  expect(done.code).toBe(0);
  expect(config()).toContain('"https://claw.example.net"');
  expect(spec()).toContain("# my notebook");
  for (const origin of ["*", "10.0.0.0/8", "claw.example.net", "https://x/path"]) {
    const { code } = await place.claw("fix-origins", "--origin", origin, "--yes");
    expect([origin, code]).toEqual([origin, 1]);
  }
}, 120_000);

test("C23: fix-origins and fix-ollama-auth write anew what was lost", async () => {
  expect((await place.claw("fix-ollama-auth")).stdout).toContain("is as");
  const whole = config();
  const broken = JSON.parse(whole) as {
    gateway: { controlUi: { allowedOrigins: string[] } };
    models: { providers: { ollama: { apiKey?: string } } };
  };
  broken.gateway.controlUi.allowedOrigins = ["http://127.0.0.1:1"];
  delete broken.models.providers.ollama.apiKey;
  writeFileSync(place.config, JSON.stringify(broken), { mode: 0o600 });
  const shown = await place.claw("fix-ollama-auth", "--dry-run");
  expect(shown.stdout).toContain('+ models.providers.ollama: {"baseUrl"');
  const origins = await place.claw("fix-origins", "--yes", "--without-model");
  expect([origins.code, config()]).toEqual([0, whole]);
  expect((await place.claw("fix-ollama-auth")).stdout).toContain("is as");
}, 120_000);
