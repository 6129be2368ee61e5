import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { profileNames } from "../profiles/profiles.ts";
import { parseSpec } from "./parse-spec.ts";
import type { SpecResult } from "./parse-spec.ts";
import { waivable } from "./written-spec.ts";

const read = (text: string): SpecResult => parseSpec(Buffer.from(text), "deploy.yaml");

/** A cage, with more lines after its four. */
const cage = (...more: readonly string[]): SpecResult =>
  read(
    ["deploy: 1", "profile: cage", "models:", "  primary: ollama/gpt-oss:20b", ...more].join("\n"),
  );

const codes = ({ findings }: SpecResult): readonly string[] =>
  findings.map(({ line, code }) => `${line} ${code}`);

test("ten lines are a useful spec", () => {
  const { spec, findings } = read(`deploy: 1
name: home
profile: hybrid
models:
  primary: openrouter/deepseek/deepseek-chat-v3.2
  fallbacks: [ollama/llama3.2:3b]
egress:
  mode: allowlist
  allow:
    - {host: openrouter.ai, why: the first model}
`);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(spec?.egress.allow).toEqual([
    { host: "openrouter.ai", port: 443, why: "the first model" },
  ]);
});

test("four lines are a spec, and every default is a hardened one", () => {
  const { spec, findings } = cage();
  expect(findings).toEqual([]);
  expect(spec).toMatchObject({
    name: "claw",
    openclawVersion: "2026.9.6",
    gateway: { port: 18_789, auth: "token", exposure: "loopback", stopSeconds: 330 },
    models: { contextTokens: 65_536 },
    egress: { mode: "none" },
    exec: { mode: "deny", applyPatch: [] },
    sandbox: { backend: "none", socket: "none" },
    waivers: [],
  });
});

test("JSON is read as well", () => {
  const { spec } = read(
    '{"deploy": 1, "profile": "cage", "models": {"primary": "ollama/gpt-oss:20b"}}',
  );
  expect(spec?.profile.name).toBe("cage");
});

test("everything that is wrong is said at once, with its line and what to do", () => {
  const result = read(`deploy: 1
profile: castle
gateway:
  prot: 18789
  origins: ["https://*.example.net"]
models:
  contextTokens: many
`);
  expect(result.spec).toBeUndefined();
  expect(codes(result)).toEqual([
    "2 DEPLOY_VALUE",
    "4 DEPLOY_UNKNOWN_KEY",
    "5 DEPLOY_VALUE",
    "7 DEPLOY_MISSING_KEY",
    "7 DEPLOY_VALUE",
  ]);
  expect(result.findings.every(({ hint, file }) => hint !== undefined && file !== undefined)).toBe(
    true,
  );
});

test("a file of another version is judged by no rule of this one", () => {
  expect(codes(read("deploy: 2\nwhatever: it holds\n"))).toEqual(["1 DEPLOY_VERSION"]);
});

test("YAML that readers read differently is refused", () => {
  expect(codes(read("deploy: 1\nname: &a home\nprofile: *a\n"))).toEqual(["2 YAML_ANCHOR"]);
  expect(codes(read("deploy: 1\ndeploy: 1\n"))).toEqual(["2 YAML_DUPLICATE_KEY"]);
});

describe("models", () => {
  test.each([
    "ollama/qwen2.5-coder",
    "ollama/gpt-oss:latest",
    "openrouter/openrouter/auto-latest",
    "openrouter/auto",
  ])("S6: the floating %s is refused", (ref) => {
    const result = read(`deploy: 1\nprofile: hybrid\nmodels:\n  primary: ${ref}\n`);
    expect(codes(result)).toContain("4 DEPLOY_MODEL_FLOATING");
  });

  test.each(["latest", "2026", "^2026.9.6", "2026.9.x", "v2026.9.6"])(
    "L2: OpenClaw of version %s is refused",
    (version) => {
      expect(codes(cage(`openclaw: {version: "${version}"}`))).toEqual(["5 DEPLOY_VALUE"]);
    },
  );

  test("C7: a context of 4096 tokens is refused with the number", () => {
    const result = cage("  contextTokens: 4096");
    expect(codes(result)).toEqual(["5 DEPLOY_CONTEXT_TOO_SMALL"]);
    expect(result.findings[0]?.message).toContain("16384");
  });

  test("T17: less than 64K is a warning, and 64K is the default", () => {
    expect(codes(cage("  contextTokens: 32768"))).toEqual(["5 DEPLOY_CONTEXT_SMALL"]);
    expect(cage("  contextTokens: 32768").spec).toBeDefined();
  });

  test("T17: a model that was made for less than it is given is named", () => {
    const result = read("deploy: 1\nprofile: cage\nmodels:\n  primary: ollama/qwen2.5-coder:7b\n");
    expect(codes(result)).toEqual(["4 DEPLOY_CONTEXT_BEYOND_MODEL"]);
    expect(result.findings[0]?.message).toContain("32768");
  });

  test("C1: a provider's key has no place in a credentialless deployment", () => {
    const text = "deploy: 1\nprofile: credentialless\nmodels:\n  primary: openrouter/a/b\n";
    expect(codes(read(text))).toContain("4 DEPLOY_MODEL_OUT_OF_REACH");
  });

  test("G1: nothing of the cloud is reached from a cage", () => {
    expect(codes(cage("  fallbacks: [ollama/kimi-k2.5:cloud]"))).toEqual([
      "5 DEPLOY_MODEL_OUT_OF_REACH",
    ]);
  });

  test("C2: cloud models by way of the host's Ollama are allowed there", () => {
    const text =
      "deploy: 1\nprofile: credentialless\nmodels:\n  primary: ollama/kimi-k2.5:cloud\n  fallbacks: [ollama/minimax-m2.5:cloud]\n";
    expect(read(text).findings).toEqual([]);
  });

  test("T4: a small server runs no model, but may ask an Ollama elsewhere (T8)", () => {
    const text = "deploy: 1\nprofile: vps\nmodels:\n  primary: ollama/gpt-oss:20b\n";
    expect(codes(read(text))).toEqual(["4 DEPLOY_MODEL_OUT_OF_REACH"]);
    expect(read(`${text}  endpoint: http://ollama.example.net:11434\n`).findings).toEqual([]);
    expect(codes(read(`${text}  endpoint: http://ollama.example.net:11434/v1\n`))).toEqual([
      "5 DEPLOY_VALUE",
    ]);
  });

  test("T8: hybrid is a hosted model with a local one behind it", () => {
    const text = "deploy: 1\nprofile: hybrid\nmodels:\n  primary: ollama/gpt-oss:20b\n";
    expect(codes(read(text))).toEqual(["4 DEPLOY_HYBRID"]);
  });

  test("a model that cannot call tools is refused", () => {
    const text = "deploy: 1\nprofile: cage\nmodels:\n  primary: ollama/deepseek-coder-v2:16b\n";
    expect(codes(read(text))).toEqual(["4 DEPLOY_MODEL_WITHOUT_TOOLS"]);
  });

  test("a model that nobody catalogued is allowed and said to be unjudged", () => {
    const result = read("deploy: 1\nprofile: cage\nmodels:\n  primary: ollama/mine:1b\n");
    expect(codes(result)).toEqual(["4 DEPLOY_MODEL_UNKNOWN"]);
    expect(result.spec).toBeDefined();
  });
});

describe("Ollama's variables", () => {
  test.each(["OLLAMA_NUM_GPU: 999", "OLLAMA_MAX_RAM: 12GB", "OLLAMA_NUM_THREADS: 4"])(
    "C5: %s does nothing, and what does is named",
    (line) => {
      const result = cage("ollama:", `  ${line}`);
      expect(codes(result)).toEqual(["6 DEPLOY_OLLAMA_NO_EFFECT"]);
      expect(result.findings[0]?.hint).toMatch(/^Instead, /u);
    },
  );

  test("C5: the ones that it reads are taken", () => {
    const result = cage(
      "ollama:",
      "  OLLAMA_FLASH_ATTENTION: true",
      "  OLLAMA_KV_CACHE_TYPE: q4_0",
      "  OLLAMA_KEEP_ALIVE: -1",
    );
    expect(result.findings).toEqual([]);
    expect(result.spec?.ollama).toEqual({
      OLLAMA_FLASH_ATTENTION: "1",
      OLLAMA_KV_CACHE_TYPE: "q4_0",
      OLLAMA_KEEP_ALIVE: "-1",
    });
  });

  test("C5: a name that it does not read is refused", () => {
    expect(codes(cage("ollama: {OLLAMA_TURBO: 1}"))).toEqual(["5 DEPLOY_OLLAMA_UNKNOWN_VARIABLE"]);
  });

  test("C10: Ollama never listens on all interfaces", () => {
    expect(codes(cage('ollama: {OLLAMA_HOST: "0.0.0.0"}'))).toEqual([
      "5 DEPLOY_OLLAMA_ALL_INTERFACES",
    ]);
  });

  test("what the profile decides is not written twice", () => {
    expect(codes(cage("ollama: {OLLAMA_NO_CLOUD: 0}"))).toEqual(["5 DEPLOY_OLLAMA_OWNED"]);
  });
});

describe("secrets", () => {
  test("S12: a secret in the file is refused and not repeated", () => {
    const secret = "sk-or-v1-0123456789";
    const result = cage("secrets:", `  openrouterKey: ${secret}`);
    expect(codes(result)).toEqual(["6 DEPLOY_VALUE"]);
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  test("S12: an environment holds no secret but in a notebook", () => {
    expect(codes(cage("secrets: {gatewayToken: env:TOKEN}"))).toEqual([
      "5 DEPLOY_SECRET_IN_ENVIRONMENT",
    ]);
    const text =
      "deploy: 1\nprofile: notebook\nmodels: {primary: ollama/gpt-oss:20b}\nsecrets: {gatewayToken: env:TOKEN}\n";
    expect(read(text).findings).toEqual([]);
  });

  test("S12: a command is one that the file declares", () => {
    expect(codes(cage("secrets: {gatewayToken: exec:op/token}"))).toEqual([
      "5 DEPLOY_SECRET_COMMAND",
    ]);
    expect(
      cage("secrets: {gatewayToken: exec:op/token, commands: {op: {command: /usr/bin/op}}}").spec
        ?.secrets.gatewayToken,
    ).toEqual({ source: "exec", command: "op", id: "token" });
  });
});

describe("ways in and out", () => {
  test("G23: a channel needs a way out and a token", () => {
    expect(codes(cage("channels:", "  telegram: {}"))).toEqual([
      "6 DEPLOY_CHANNEL_TOKEN",
      "6 DEPLOY_OFFLINE",
    ]);
  });

  test("C25: a search beside private data and a channel needs a waiver", () => {
    const more = [
      "egress: {mode: allowlist}",
      "channels: {telegram: {token: file:telegram-token}}",
      "capabilities: {webSearch: gemini}",
    ];
    expect(codes(cage(...more))).toEqual(["7 DEPLOY_WAIVER_MISSING"]);
    expect(cage(...more, "privateData: false").findings).toEqual([]);
  });

  test("C25: what is read on GitHub beside private data and a way to write needs a waiver", () => {
    const write = ["egress: {mode: allowlist}", "capabilities: {github: write}"];
    expect(codes(cage(...write))).toEqual(["6 DEPLOY_WAIVER_MISSING"]);
    expect(cage(...write, "privateData: false").findings).toEqual([]);
    expect(cage("egress: {mode: allowlist}", "capabilities: {github: read}").findings).toEqual([]);
    expect(codes(cage("capabilities: {github: read}"))).toEqual(["5 DEPLOY_OFFLINE"]);
  });

  test("C25: a search by way of Ollama is refused where a proxy stands in front of it", () => {
    expect(codes(cage("egress: {mode: allowlist}", "capabilities: {webSearch: ollama}"))).toEqual([
      "6 DEPLOY_SEARCH_BEHIND_GATE",
    ]);
  });

  test("T20: a server of MCP is a program or an address, with tools by name", () => {
    const mcp = (one: string, ...more: readonly string[]): readonly string[] =>
      codes(cage("privateData: false", "egress: {mode: allowlist}", `mcp: {${one}}`, ...more));
    expect(mcp('a: {url: "https://a.example.net/mcp", tools: [x]}')).toEqual([]);
    expect(mcp('github: {url: "https://a.example.net/mcp", tools: [x]}')).toEqual([
      "7 DEPLOY_MCP_NAME",
    ]);
    expect(mcp("a: {tools: [x]}")).toEqual(["7 DEPLOY_MCP_SERVER"]);
    expect(mcp("a: {command: /bin/a, tools: [x]}")).toContain("7 DEPLOY_MCP_BESIDE_SECRETS");
    for (const bad of [
      '{url: "http://a.example.net", tools: [x]}',
      '{url: "https://u:p@a.example.net", tools: [x]}',
      '{url: "https://a.example.net/?key=1", tools: [x]}',
      '{url: "https://a.example.net", tools: ["*"]}',
      '{url: "https://a.example.net", tools: []}',
      '{url: "https://a.example.net", env: {A: b}, tools: [x]}',
      "{command: a, tools: [x]}",
    ]) {
      expect([bad, mcp(`a: ${bad}`).length > 0]).toEqual([bad, true]);
    }
    expect(codes(cage('mcp: {a: {url: "https://a.example.net", tools: [x]}}'))).toContain(
      "5 DEPLOY_OFFLINE",
    );
  });

  test("S5: only a notebook on loopback does without a token, and it says why", () => {
    expect(codes(cage("gateway: {auth: none}"))).toEqual([
      "5 DEPLOY_NO_AUTH",
      "5 DEPLOY_WAIVER_MISSING",
    ]);
    const text = `deploy: 1
profile: notebook
models: {primary: ollama/gpt-oss:20b}
gateway: {auth: none}
allow: [{control: auth-none, reason: one person on one machine}]
`;
    expect(read(text).findings).toEqual([]);
  });

  test.each([
    "https://*.example.net",
    "10.0.0.0/8",
    "https://example.net/",
    "example.net",
    "https://e.net:0",
  ])("T14: %s is no origin", (origin) => {
    expect(codes(cage(`gateway: {origins: ["${origin}"]}`))).toEqual(["5 DEPLOY_VALUE"]);
  });

  test("S5: a header is trusted only from the proxy that writes it", () => {
    const text =
      "deploy: 1\nprofile: vps\nmodels: {primary: openrouter/meta/llama-3.1-8b-instruct:free}\ngateway: {auth: trusted-proxy}\n";
    expect(
      codes(read(text))
        .map((code) => code.slice(2))
        .toSorted(),
    ).toEqual(["DEPLOY_TRUSTED_PROXY", "DEPLOY_TRUSTED_PROXY_USERS"]);
  });

  test.each([11_434, 11_432, 11_435, 3128])("C27: port %i is taken", (port) => {
    expect(codes(cage(`gateway: {port: ${port}}`))).toEqual(["5 DEPLOY_PORT_TAKEN"]);
  });

  test("T4: less memory than the gateway takes is refused with the number", () => {
    const result = cage("limits: {memoryMb: 768}");
    expect(codes(result)).toEqual(["5 DEPLOY_MEMORY"]);
    expect(result.findings[0]?.message).toContain("1024 MB");
  });

  test("a stop that cuts turns short is refused", () => {
    expect(codes(cage("gateway: {stopSeconds: 90}"))).toEqual(["5 DEPLOY_VALUE"]);
  });
});

describe("waivers", () => {
  test.each([
    ["exec: {mode: full}", "DEPLOY_WAIVER_MISSING"],
    ["exec: {applyPatch: {allowModels: [ollama/gpt-oss:20b]}}", "DEPLOY_WAIVER_MISSING"],
    ["egress: {mode: open}", "DEPLOY_WAIVER_MISSING"],
    ["sandbox: {backend: host, socket: host}", "DEPLOY_WAIVER_MISSING"],
    ["sandbox: {backend: rootless, socket: proxy}", "DEPLOY_WAIVER_MISSING"],
  ])("G12, L16, S4: %s needs one", (line, code) => {
    expect(codes(cage(line))).toContain(`5 ${code}`);
  });

  test("S4: a patch without models that may write it is refused", () => {
    expect(codes(cage("exec: {applyPatch: {allowModels: []}}"))).toEqual(["5 DEPLOY_VALUE"]);
  });

  test("one that nothing needs is a warning, and one without a reason an error", () => {
    expect(codes(cage("allow: [{control: exec-full, reason: just in case it is}]"))).toEqual([
      "5 DEPLOY_WAIVER_UNUSED",
    ]);
    expect(codes(cage("allow: [{control: exec-full, reason: why}]"))).toEqual(["5 DEPLOY_VALUE"]);
  });

  test("commands beside a token are refused even with one", () => {
    expect(
      codes(
        cage(
          "exec: {mode: allowlist}",
          "allow: [{control: exec-allowlist, reason: the portable form of a skill}]",
        ),
      ),
    ).toEqual(["5 DEPLOY_EXEC_BESIDE_TOKEN"]);
  });
});

test("any text is a spec or has errors, never a throw", () => {
  const word = fc.constantFrom(
    "deploy: 1",
    "profile: cage",
    "models: {primary: ollama/gpt-oss:20b}",
    "  - x",
    "gateway: {port: 1}",
    "allow: []",
    "egress: {mode: none}",
    ...profileNames.map((name) => `profile: ${name}`),
    ...waivable.map((name) => `allow: [{control: ${name}, reason: because it is so}]`),
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.string({ unit: "binary" })), { maxLength: 6 }),
      (lines) => {
        const { spec, findings } = read(lines.join("\n"));
        expect(spec === undefined).toBe(findings.some(({ severity }) => severity === "error"));
      },
    ),
  );
});
