import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { plainSpecs, richSpecs } from "../spec/specs.cases.ts";
import { differencesOf } from "./differences.ts";
import { artifactKindOf, planDeployment } from "./plan-deployment.ts";
import type { Plan } from "./plan-deployment.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

function specOf(text: string): DeploymentSpec {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

function folderOf(text: string): ReadonlyMap<string, string> {
  return new Map(renderDeployment(specOf(text), place).map((one) => [one.path, one.text]));
}

function plan(from: string, to: string): Plan {
  return planDeployment(specOf(to), place, folderOf(from));
}

const cage = "deploy: 1\nprofile: cage\nmodels: {primary: ollama/gpt-oss:20b}\n";
const vps = "deploy: 1\nprofile: vps\nmodels: {primary: openrouter/deepseek/deepseek-chat-v3.2}\n";

describe.each([...plainSpecs, ...richSpecs])("$name", ({ text }) => {
  test("a folder that is as it should be needs nothing", () => {
    expect(plan(text, text)).toMatchObject({ version: 1, changes: [], effects: {} });
  });

  test("every file that is rendered is known by its path", () => {
    for (const { path, kind } of renderDeployment(specOf(text), place)) {
      expect([path, artifactKindOf(path)]).toEqual([path, kind]);
    }
  });

  test("an empty folder gets every file", () => {
    const { changes, unchanged } = planDeployment(specOf(text), place, new Map());
    expect(changes.every(({ action }) => action === "create")).toBe(true);
    expect([changes.length, unchanged]).toEqual([folderOf(text).size, 0]);
  });
});

test("G18: another port recreates the gateway and nothing else that runs", () => {
  const { effects, changes } = plan(cage, `${cage}gateway: {port: 20000}\n`);
  expect(effects).toEqual({ containers: "recreate", firewall: "reload", gateway: "recreate" });
  const config = changes.find(({ kind }) => kind === "openclaw-config");
  expect(config?.differences).toContainEqual({ at: "gateway/port", from: "18789", to: "20000" });
});

test("G19: another model restarts the gateway, and the proxy that knows it", () => {
  const { changes } = plan(vps, vps.replace("deepseek-chat-v3.2", "deepseek-r1"));
  expect(changes.map(({ path, effect, parts }) => [path, effect, parts])).toEqual([
    ["config/openclaw.json", "restart", ["gateway"]],
  ]);
});

test("T9: four steps of growth are differences between specs", () => {
  const first =
    "deploy: 1\nprofile: vps\nmodels: {primary: openrouter/deepseek/deepseek-chat-v3.2}\n";
  const local = first
    .replace("profile: vps", "profile: bare-metal\negress: {mode: allowlist}")
    .replace("v3.2}", "v3.2, fallbacks: [ollama/llama3.2:3b]}\n");
  const steps = [
    plan(first, local),
    plan(local, `${local}agents: {helper: {model: ollama/llama3.2:3b}}\n`),
    plan(local, `${local}limits: {concurrent: 8}\n`),
    plan(local, `${local}skills: [local-rag, other]\n`),
  ];
  expect(steps.map(({ effects }) => effects["gateway"])).toEqual([
    "restart",
    "restart",
    "restart",
    "restart",
  ]);
  expect(
    steps[0]?.changes.filter(({ action }) => action === "create").map(({ path }) => path),
  ).toEqual([
    "Modelfile.llama3.2-64k-3b",
    "config/ollama.env",
    "units/claw-claw-ollama-gate.service",
    "units/claw-claw-ollama.service",
  ]);
  expect(steps[0]?.changes.find(({ action }) => action === "remove")?.path).toBe(
    "sysctl/60-claw-claw.conf",
  );
});

test("layout, comments and order of keys are no difference in meaning", () => {
  const folder = new Map(folderOf(cage));
  const config: unknown = JSON.parse(folder.get("config/openclaw.json") ?? "");
  folder.set("config/openclaw.json", JSON.stringify(config));
  folder.set("Dockerfile", `# mine\n\n${folder.get("Dockerfile")}`);
  const { changes, effects } = planDeployment(specOf(cage), place, folder);
  expect(changes.map(({ path, effect, differences }) => [path, effect, differences])).toEqual([
    ["Dockerfile", "nothing", []],
    ["config/openclaw.json", "nothing", []],
  ]);
  expect(effects).toEqual({});
});

test("what is not ours stays, secrets too", () => {
  const folder = new Map([
    ...folderOf(cage),
    ["secrets/gateway-token", "x"],
    ["notes.txt", "mine"],
  ]);
  expect(planDeployment(specOf(cage), place, folder).changes).toEqual([]);
});

test("a secret that somebody wrote into a file is not in the plan", () => {
  const folder = new Map(folderOf(cage));
  folder.set("config/openclaw.json", '{"gateway": {"auth": {"token": "canary-1"}}}');
  folder.set("config/ollama.env", "OLLAMA_API_KEY=canary-2\n");
  expect(JSON.stringify(planDeployment(specOf(cage), place, folder))).not.toContain("canary");
});

test("a file that cannot be read as what it should be is compared by line", () => {
  expect(differencesOf("openclaw-config", "{", '{\n"a": 1}')).toEqual([
    { at: "line", to: '"a": 1}' },
  ]);
});

test("the same text never differs, and another one in meaning always does", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [from, to] = [JSON.stringify(a), JSON.stringify(b)];
      const differs = differencesOf("openclaw-config", from, JSON.stringify(b, undefined, 2));
      expect(differencesOf("openclaw-config", from, JSON.stringify(a, undefined, 1))).toEqual([]);
      if (from !== to && typeof a !== "object") expect(differs).not.toEqual([]);
    }),
  );
});
