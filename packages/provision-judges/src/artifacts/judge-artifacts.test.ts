import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";

import { judgeConsistency } from "./judge-consistency.ts";
import { judgeContainers } from "./judge-containers.ts";
import type { JudgedFile } from "./judged-file.ts";
import { renderedFiles } from "./rendered-files.cases.ts";

const local = "models: {primary: ollama/gpt-oss:20b}\n";
const hosted =
  "models: {primary: openrouter/deepseek/deepseek-chat-v3.2, fallbacks: [ollama/llama3.2:3b]}\n";
const specs = [
  ["credentialless", local],
  ["cage", local],
  ["single-container", local],
  ["podman", local],
  ["macos", local],
  ["notebook", local],
  ["bare-metal", local],
  ["bare-metal", `manager: user\n${local}`],
  ["bare-metal", `${hosted}egress: {mode: allowlist}\n`],
  [
    "bare-metal",
    `${local}gateway: {ui: true, exposure: caddy, origins: ["https://claw.example.net"]}\n`,
  ],
  ["bare-metal", `${local}gateway: {exposure: ssh}\n`],
  ["hybrid", hosted],
  ["vps", "models: {primary: openrouter/deepseek/deepseek-chat-v3.2}\n"],
  ["vps", 'models: {primary: "ollama/llama3.1:8b", endpoint: "http://ollama.example.net:11434"}\n'],
  [
    "vps",
    'models: {primary: openrouter/a/b}\ngateway: {port: 20000, ui: true, exposure: tailscale, origins: ["https://a.ts.net"]}\n',
  ],
] as const;

function filesOf(profile: string, more: string): readonly JudgedFile[] {
  return renderedFiles(`deploy: 1\nprofile: ${profile}\n${more}`);
}

/** The same files, one of them edited by hand. */
function edited(
  files: readonly JudgedFile[],
  path: string,
  change: (text: string) => string,
): readonly JudgedFile[] {
  return files.map((one) => {
    if (one.path !== path) return one;
    const text = change(one.text);
    if (text === one.text) throw new Error(`nothing was edited in ${path}`);
    return { ...one, text };
  });
}

const codes = (files: readonly JudgedFile[]): readonly string[] => judgeConsistency(files).codes;

describe.each(specs)("%s %s", (profile, more) => {
  const files = filesOf(profile, more);

  test("agrees with itself", () => {
    expect(judgeConsistency(files).findings).toEqual([]);
  });

  test("G6, CIS: nothing is missing of what its containers need", () => {
    expect(judgeContainers(files).findings).toEqual([]);
  });

  test("G18: a port that is changed in one file only is seen", () => {
    const port = /"port": ([0-9]+)/u.exec(
      files.find(({ kind }) => kind === "openclaw-config")?.text ?? "",
    )?.[1];
    const kinds = new Set([
      "compose",
      "quadlet",
      "dockerfile",
      "caddyfile",
      "ufw",
      "ssh-config",
      "openclaw-config",
      "nftables",
    ]);
    const naming = files.filter(
      ({ kind, text }) => kinds.has(kind) && text.includes(port ?? "none"),
    );
    expect(naming.length).toBeGreaterThan(0);
    if (naming.length === 1) return;
    for (const { path } of naming) {
      const other = edited(files, path, (text) => text.replaceAll(port ?? "none", "21111"));
      expect([path, codes(other).some((code) => /PORT|ORIGIN/u.test(code))]).toEqual([path, true]);
    }
  });
});

const cage = filesOf("cage", local);
const bare = filesOf("bare-metal", `${hosted}egress: {mode: allowlist}\n`);

test.each([
  ["G19: a model", "config/openclaw.json", "gpt-oss:20b", "gpt-oss:120b", "CONSISTENCY_MODEL"],
  ["T17: a context", "Modelfile.gpt-oss-64k-20b", "65536", "32768", "CONSISTENCY_MODEL"],
  [
    "threat 10: the proxy's model",
    "compose.yaml",
    '"gpt-oss:20b"',
    '"other:1b"',
    "CONSISTENCY_MODEL",
  ],
  [
    "a reference to a token",
    "config/openclaw.json",
    "/run/secrets/gateway-token",
    "/run/secrets/token",
    "CONSISTENCY_SECRET",
  ],
  [
    "the name of a provider",
    "config/openclaw.json",
    '"provider": "gateway-token"',
    '"provider": "none"',
    "CONSISTENCY_SECRET",
  ],
  [
    "T14: an origin",
    "config/openclaw.json",
    "http://localhost:18789",
    "http://localhost:1878",
    "CONSISTENCY_ORIGIN",
  ],
  [
    "the address of the proxy",
    "config/openclaw.json",
    "http://ollama-gate.local:11434",
    "http://ollama:11434",
    "CONSISTENCY_ADDRESS",
  ],
  [
    "Ollama's variable",
    "config/ollama.env",
    "0.0.0.0:11434",
    "0.0.0.0:11500",
    "CONSISTENCY_ADDRESS",
  ],
  [
    "the socket",
    "config/openclaw.json",
    "/run/claw-claw/skills.sock",
    "/run/skills.sock",
    "CONSISTENCY_SKILLS",
  ],
  ["the group of the skills", "compose.yaml", "2000:1000", "2000:2000", "CONSISTENCY_SKILLS"],
  [
    "the name of the proxy",
    "compose.yaml",
    '- "ollama-gate.local"',
    '- "ollama-gate.other"',
    "CONSISTENCY_ADDRESS",
  ],
  [
    "two principals: the user of the skills",
    "compose.yaml",
    "2000:1000",
    "1000:1000",
    "CONSISTENCY_ONE_PRINCIPAL",
  ],
] as const)("%s that is changed in one file only is seen", (_name, path, from, to, code) => {
  expect(codes(edited(cage, path, (text) => text.replaceAll(from, to)))).toContain(code);
});

test.each([
  [
    "T3: a credential",
    "units/claw-claw-gateway.service",
    "LoadCredential=openrouter-key",
    "X=",
    "CONSISTENCY_SECRET",
  ],
  [
    "T7: the host of the models",
    "config/squid.conf",
    "openrouter.ai",
    "example.net",
    "CONSISTENCY_ADDRESS",
  ],
  ["the port of the way out", "config/squid.conf", ":3128", ":3129", "CONSISTENCY_ADDRESS"],
  [
    "T13: the user of a rule",
    "nftables/claw-claw.nft",
    "skuid 2001",
    "skuid 2999",
    "CONSISTENCY_ACCOUNT",
  ],
  [
    "a unit's proxy",
    "units/claw-claw-ollama-gate.service",
    "127.0.0.1:11435",
    "127.0.0.1:11436",
    "CONSISTENCY_ADDRESS",
  ],
] as const)("%s that is changed in one file only is seen", (_name, path, from, to, code) => {
  expect(codes(edited(bare, path, (text) => text.replaceAll(from, to)))).toContain(code);
});

describe("G6: a compose file without one of its lines is seen by who reads only the file", () => {
  const text = cage.find(({ path }) => path === "compose.yaml")?.text ?? "";
  const services = Object.keys((parse(text) as { services: object }).services);
  const lines =
    "user read_only cap_drop security_opt init tmpfs pids_limit mem_limit memswap_limit cpus restart healthcheck image".split(
      " ",
    );

  test.each(services.flatMap((name) => lines.map((line) => [name, line] as const)))(
    "%s without %s",
    (name, line) => {
      const files = edited(cage, "compose.yaml", (before) => {
        const value = parse(before) as { services: Record<string, Record<string, unknown>> };
        delete value.services[name]?.[line];
        return stringify(value);
      });
      expect(judgeContainers(files).status).toBe("failed");
    },
  );
});

const bad = (service: string): readonly string[] =>
  judgeContainers([{ path: "compose.yaml", kind: "compose", text: `services: {one: ${service}}` }])
    .codes;

test("1.5: what guides show is seen", () => {
  expect(bad("{volumes: [/var/run/docker.sock:/var/run/docker.sock]}")).toContain("CIS_5_32");
  expect(bad('{ports: ["18789:18789"]}')).toContain("CIS_5_14");
  expect(bad("{volumes: [/dev/shm:/dev/shm]}")).toContain("CIS_5_6");
  expect(bad("{image: ollama/ollama:latest}")).toContain("CIS_IMAGE");
  expect(bad("{privileged: true}")).toContain("CIS_5_5");
  expect(bad("{network_mode: host}")).toContain("CIS_5_10");
  expect(bad("{security_opt: [seccomp:unconfined]}")).toContain("CIS_5_22");
});

test("L20, 1.5: a Dockerfile that ends as root, with a shell or with a secret, is seen", () => {
  const judge = (text: string): readonly string[] =>
    judgeContainers([{ path: "Dockerfile", kind: "dockerfile", text }]).codes;
  expect(judge('FROM debian:12\nRUN curl x | sh\nADD a b\nENV API_TOKEN=x\nCMD ["x"]\n')).toEqual([
    "CIS_4_1",
    "CIS_4_10",
    "CIS_4_2",
    "CIS_4_6",
    "CIS_4_9",
  ]);
  const dockerfile = cage.find(({ kind }) => kind === "dockerfile")?.text ?? "";
  for (const line of dockerfile.split("\n").filter((one) => /^(?:USER|HEALTHCHECK)/u.test(one))) {
    expect(judge(dockerfile.replace(`${line}\n`, "")), line).not.toEqual([]);
  }
});
