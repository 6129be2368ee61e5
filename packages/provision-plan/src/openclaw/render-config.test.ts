import type { OpenClawConfig } from "@clawkeep/openclaw-contract";
import { describe, expect, test } from "vitest";

import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { plainSpecs, richSpecs } from "../spec/specs.cases.ts";
import { egressVariables } from "./egress-proxy.ts";
import { expectedAudit } from "./expected-audit.ts";
import { gateAddress, ollamaAddress } from "./ollama-address.ts";
import { openClawConfigText, renderOpenClawConfig } from "./render-config.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/bin/clawkeep-skill" };

function specOf(text: string): DeploymentSpec {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

function named(name: string): OpenClawConfig {
  const found = [...plainSpecs, ...richSpecs].find((one) => one.name === name);
  return renderOpenClawConfig(specOf(found?.text ?? ""), place);
}

describe.each([...plainSpecs, ...richSpecs])("$name", ({ text }) => {
  const spec = specOf(text);
  const config = renderOpenClawConfig(spec, place);
  const written = openClawConfigText(config);

  test("is rendered to the same bytes every time", () => {
    expect(openClawConfigText(renderOpenClawConfig(specOf(text), place))).toBe(written);
    expect(JSON.parse(written)).toEqual(config);
  });

  test("C1, S12: holds no secret, only references whose providers are there", () => {
    const references = [...written.matchAll(/"provider": "([^"]+)",\n\s+"id"/gu)].map(
      ([, provider]) => provider,
    );
    const providers = Object.keys(config.secrets.providers);
    expect([...new Set(references)].toSorted()).toEqual(providers.toSorted());
    expect(written).not.toMatch(/sk-|ghp_|[0-9a-f]{32}/u);
  });

  test("T18: Ollama is asked natively and its context is sent", () => {
    const ollama = config.models.providers["ollama"];
    if (ollama === undefined) return;
    expect(ollama.api).toBe("ollama");
    expect(ollama.baseUrl).not.toContain("/v1");
    for (const model of ollama.models) {
      expect(model.params?.num_ctx).toBe(model.contextTokens);
      expect(model.contextTokens).toBeGreaterThanOrEqual(16_384);
    }
  });

  test("G19: one model is named everywhere by the same name", () => {
    const listed = Object.entries(config.models.providers).flatMap(([provider, { models }]) =>
      models.map(({ id }) => `${provider}/${id}`),
    );
    const { model, modelPolicy } = config.agents.defaults;
    expect(listed.toSorted()).toEqual([...modelPolicy.allow].toSorted());
    expect(listed).toEqual(expect.arrayContaining([model.primary, ...(model.fallbacks ?? [])]));
  });

  test("T14: nothing dangerous is switched on, and origins are exact", () => {
    expect(written).not.toMatch(/dangerous|allowInsecure/u);
    for (const origin of config.gateway.controlUi.allowedOrigins ?? []) {
      expect(new URL(origin).origin).toBe(origin);
    }
  });

  test("T16: whoever writes to a channel is paired first", () => {
    for (const channel of Object.values(config.channels ?? {})) {
      expect(channel.dmPolicy).toBe("pairing");
    }
  });
});

test.each(plainSpecs)("$name: no finding of the audit is critical by default", ({ text }) => {
  expect(expectedAudit(specOf(text)).filter((one) => one.startsWith("critical"))).toEqual([]);
});

test("S1, S3, S4: a plain deployment lets a model run nothing and patch nothing", () => {
  expect(named("bare-metal")).toMatchObject({
    gateway: { mode: "local", bind: "loopback", port: 18_789, auth: { mode: "token" } },
    tools: {
      profile: "minimal",
      elevated: { enabled: false },
      exec: {
        mode: "deny",
        backgroundMs: 10_000,
        timeoutSeconds: 1800,
        cleanupMs: 1_800_000,
        notifyOnExit: true,
        notifyOnExitEmptySuccess: false,
        applyPatch: { enabled: false, workspaceOnly: true },
      },
      deny: expect.arrayContaining(["exec", "apply_patch", "group:runtime", "group:web"]),
    },
  });
});

test("S4: patches are for the models that are named", () => {
  const { tools } = named("commands by approval, patches and an agent sandbox");
  expect(tools.exec.applyPatch).toEqual({
    enabled: true,
    workspaceOnly: true,
    allowModels: ["ollama/gpt-oss:20b"],
  });
  expect(tools.exec.safeBins).toEqual([]);
  expect(tools.deny).not.toContain("exec");
  expect(tools.deny).toContain("write");
});

test("G11: the agent's sandbox has no network, no root and no capabilities", () => {
  const { sandbox } = named("commands by approval, patches and an agent sandbox").agents.defaults;
  expect(sandbox).toMatchObject({
    mode: "non-main",
    scope: "agent",
    docker: { network: "none", readOnlyRoot: true, capDrop: ["ALL"], user: "1000:1000" },
  });
});

test("G12: without a way to start containers there is no sandbox that cannot start", () => {
  expect(named("cage").agents.defaults.sandbox).toEqual({ mode: "off" });
});

test("C24: agents have names and owners, and one of them the heartbeat", () => {
  const { agents } = named("named agents");
  expect(agents.ownership).toBe("explicit");
  expect(agents.defaults.heartbeat).toEqual({ agentId: "main" });
  expect(Object.keys(agents.entries ?? {})).toEqual([
    "main",
    "kimi",
    "minimax",
    "gpt-oss",
    "qwen-14b",
    "qwen-7b",
    "phi3",
  ]);
  expect(agents.entries?.["kimi"]).toEqual({ model: "ollama/kimi-k2.5:cloud" });
});

test("C5: threads and layers are parameters of the model, not variables", () => {
  const [model] = named("named agents").models.providers["ollama"]?.models ?? [];
  expect(model?.params).toEqual({ num_ctx: 32_768, num_thread: 4, num_gpu: 20 });
});

test("T17: no model is given more than it was made for", () => {
  const models = named("named agents").models.providers["ollama"]?.models ?? [];
  expect(models.map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
    ["qwen2.5-coder:14b-instruct-q4_K_M", 32_768],
    ["kimi-k2.5:cloud", 65_536],
    ["minimax-m2.5:cloud", 65_536],
    ["gpt-oss:120b-cloud", 65_536],
    ["qwen2.5-coder:7b", 32_768],
    ["phi3:3.8b", 65_536],
  ]);
});

test("two principals: the gateway reaches its skills by what only they own, but in a notebook", () => {
  const server = (name: string): unknown => named(name).mcp.servers["clawkeep"];
  expect(server("bare-metal")).toEqual({
    command: "/usr/bin/clawkeep-skill",
    args: ["connect", "/run/claw-claw/skills.sock", "--owner", "2000"],
  });
  expect(server("cage")).toEqual(server("bare-metal"));
  expect(server("notebook")).toMatchObject({
    args: ["serve", "--workspace", expect.any(String)],
    env: { CLAWKEEP_HOME: "/home/me/.local/state/clawkeep" },
  });
});

test("threat 10: the gateway asks the proxy in front of Ollama, not Ollama", () => {
  const addresses = (name: string): readonly string[] => {
    const text = plainSpecs.find((one) => one.name === name)?.text ?? "";
    return [gateAddress(specOf(text)), ollamaAddress(specOf(text))];
  };
  expect(addresses("cage")).toEqual(["http://ollama-gate.local:11434", "http://ollama:11434"]);
  expect(addresses("bare-metal")).toEqual(["http://127.0.0.1:11435", "http://127.0.0.1:11434"]);
  expect(addresses("macos")).toEqual([
    "http://ollama-gate.local:11434",
    "http://host.docker.internal:11434",
  ]);
  expect(addresses("single-container")).toEqual([
    "http://127.0.0.1:11435",
    "http://127.0.0.1:11434",
  ]);
});

test("T7: OpenRouter's key is a reference to a file that only the gateway reads", () => {
  const config = named("vps");
  expect(config.models.providers["openrouter"]?.apiKey).toEqual({
    source: "file",
    provider: "openrouter-key",
    id: "value",
  });
  expect(config.secrets.providers["openrouter-key"]).toEqual({
    source: "file",
    path: "/run/credentials/claw-claw-gateway.service/openrouter-key",
    mode: "singleValue",
  });
  expect(config.proxy).toEqual({ proxyUrl: "http://127.0.0.1:3128" });
});

test("T8: in containers the models of the host are asked beside the proxy, everything else through it", () => {
  const found = plainSpecs.find(({ name }) => name === "hybrid");
  const spec = specOf(found?.text ?? "");
  expect(named("hybrid").proxy).toBeUndefined();
  expect(egressVariables(spec)).toEqual({
    HTTPS_PROXY: "http://egress:3128",
    NO_PROXY: "127.0.0.1,localhost,::1,ollama-gate.local",
  });
});

test("T8: a hosted model first, a local one behind it", () => {
  expect(named("hybrid").agents.defaults.model).toEqual({
    primary: "openrouter/deepseek/deepseek-chat-v3.2",
    fallbacks: ["ollama/llama3.2:3b"],
  });
});

test("T11: a tailnet is served by tailscale, and the gateway stays on loopback", () => {
  expect(named("a tailnet").gateway).toMatchObject({
    bind: "loopback",
    tailscale: { mode: "serve" },
    controlUi: { allowedOrigins: expect.arrayContaining(["https://claw.example.ts.net"]) },
  });
});

test("S5: without a token only by waiver, behind a proxy only with its users", () => {
  expect(named("a notebook without a token").gateway.auth).toEqual({ mode: "none" });
  expect(named("a proxy that knows its users").gateway).toMatchObject({
    trustedProxies: ["127.0.0.1"],
    auth: { mode: "trusted-proxy", trustedProxy: { allowUsers: ["alice@example.net"] } },
  });
});

test("C14, L10: a name with quotes never reaches the file, and another port reaches every place", () => {
  const bad = 'deploy: 1\nprofile: cage\nmodels: {primary: "ollama/a\\"b:1"}\n';
  expect(parseSpec(Buffer.from(bad), "x").spec).toBeUndefined();
  const text = `${plainSpecs.find(({ name }) => name === "cage")?.text}gateway: {port: 20000}\n`;
  const { gateway } = renderOpenClawConfig(specOf(text), place);
  expect(gateway.port).toBe(20_000);
  expect(gateway.controlUi.allowedOrigins).toEqual([
    "http://127.0.0.1:20000",
    "http://localhost:20000",
  ]);
});
