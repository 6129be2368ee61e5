import { describe, expect, test } from "vitest";

import { concernsState, keptState } from "./kept-state.ts";
import type { Operated } from "./operated.ts";

const change = (
  path: string,
  before: unknown,
  after: unknown,
): Parameters<typeof concernsState>[0] => {
  const file = (value: unknown) => ({
    path,
    mode: 0o600,
    bytes: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
    owner: { uid: 0, gid: 0 },
  });
  return {
    path,
    before: before === undefined ? undefined : file(before),
    after: after === undefined ? undefined : file(after),
  };
};
const config = "/etc/claw/openclaw.json";
const definition = "/s/run/gateway.json";
const gateway = (main: string, more: object = {}): object => ({
  program: "/usr/bin/node",
  args: [main, "gateway", "run"],
  ...more,
});

describe("T22: a state is archived", () => {
  test.each([
    ["the model changes", config, { models: { a: 1 } }, { models: { a: 2 } }],
    ["an agent comes", config, { agents: {} }, { agents: { list: ["x"] } }],
    ["a channel goes", config, { channels: { telegram: {} } }, {}],
    ["a section comes that is not known here", config, {}, { later: {} }],
    ["the configuration comes", config, undefined, {}],
    ["the configuration is none", config, "{", {}],
    ["another OpenClaw runs", definition, gateway("/a/openclaw.mjs"), gateway("/b/openclaw.mjs")],
    ["the gateway comes", definition, undefined, gateway("/a/openclaw.mjs")],
  ])("when %s", (_, path, before, after) => {
    expect(concernsState(change(path, before, after))).toBe(true);
  });

  test.each([
    ["the port changes", config, { gateway: { port: 1 } }, { gateway: { port: 2 } }],
    ["keys change their order", config, { models: 1, agents: 2 }, { agents: 2, models: 1 }],
    ["the log says more", config, { logging: {} }, { logging: { level: "debug" } }],
    [
      "the memory of the gateway changes",
      definition,
      gateway("/a/openclaw.mjs", { limits: { memoryMb: 1 } }),
      gateway("/a/openclaw.mjs", { limits: { memoryMb: 2 } }),
    ],
    ["a page changes", "/r/EXPOSED.md", "a", "b"],
    ["another service changes", "/s/run/ollama.json", gateway("/a"), gateway("/b")],
  ])("not when %s", (_, path, before, after) => {
    expect(concernsState(change(path, before, after))).toBe(false);
  });
});

const operated = (manager: "process" | "container"): Operated => ({
  store: "/s",
  card: {
    version: 1,
    name: "home",
    profile: "notebook",
    manager,
    spec: "/h/deploy.yaml",
    folder: "/h/rendered",
    config,
    state: "/h/.openclaw-home",
    openclaw: "2026.9.6",
  },
  definitions: [],
});

test("T22: another version of OpenClaw concerns its state, whatever file changes", () => {
  const state = keptState(operated("process"), "2026.9.7");
  expect([state?.folder, state?.dependsOn([])]).toEqual(["/h/.openclaw-home", true]);
  expect(keptState(operated("process"), "2026.9.6")?.dependsOn([])).toBe(false);
  expect(keptState(operated("process"))?.dependsOn([])).toBe(false);
});

test("a volume of a container engine is left to the engine", () => {
  expect(keptState(operated("container"))).toBeUndefined();
});
