import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseSpec } from "../spec/parse-spec.ts";
import { importFile, specText } from "./import-file.ts";
import type { ImportResult } from "./import-result.ts";

const read = (name: string, text: string): ImportResult => importFile(Buffer.from(text), name);
const codes = ({ findings }: ImportResult): readonly string[] =>
  findings.map(({ code, line }) => (line === undefined ? code : `${line} ${code}`));

describe("openclaw.json", () => {
  test("1.5: what is wrong in every version is said after the migration", () => {
    const result = read(
      "openclaw.json",
      JSON.stringify({
        gateway: {
          bind: "127.0.0.1:18789",
          trustedProxies: ["172.16.0.0/12", "127.0.0.1"],
          controlUi: {
            allowedOrigins: ["http://localhost:18789", "192.168.0.0/16"],
            dangerouslyDisableDeviceAuth: true,
          },
        },
        models: {
          providers: {
            ollama: {
              baseUrl: "http://ollama:11434/v1",
              api: "openai-responses",
              models: [{ id: "qwen2.5-coder:7b", name: "q", contextWindow: 131_072 }],
            },
          },
        },
        sandbox: "non-main",
      }),
    );
    expect(result.changes.map(({ path }) => path)).toEqual([
      "sandbox",
      "gateway.bind",
      "models.providers.ollama",
    ]);
    expect(codes(result)).toEqual([
      "IMPORT_ORIGIN",
      "IMPORT_TRUSTED_PROXIES",
      "IMPORT_DEVICE_AUTH",
      "IMPORT_CONTEXT_BEYOND_MODEL",
      "IMPORT_CONTEXT_NOT_SENT",
      "IMPORT_SANDBOX",
    ]);
    expect(result.config).toMatchObject({ gateway: { bind: "loopback", port: 18_789 } });
  });

  test("T17: a context that no turn fits into is an error", () => {
    const models = [{ id: "a", name: "a", contextWindow: 4096, contextTokens: 4096 }];
    const result = read(
      "openclaw.json",
      JSON.stringify({ models: { providers: { ollama: { models } } } }),
    );
    expect(result.findings).toMatchObject([{ code: "IMPORT_CONTEXT_SMALL", severity: "error" }]);
  });
});

describe("a compose file", () => {
  const bad = `services:
  openclaw-gateway:
    image: openclaw/openclaw:latest
    command: ["gateway", "--port", "\${OPENCLAW_GATEWAY_PORT}"]
    ports:
      - "18789:18789"
      - {target: 18790, published: 18790}
    environment:
      - GITHUB_TOKEN=\${GITHUB_TOKEN}
      - OLLAMA_API_KEY=ollama-local
      - OLLAMA_BASE_URL=http://host.docker.internal:11434
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - /dev/shm:/dev/shm
      - ./workspace:/workspace
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:18790/health"]
  openclaw-cli:
    image: openclaw/openclaw:2026.9.6
    depends_on: ["ollama"]
  ollama:
    image: ollama/ollama
`;

  test("1.5: every mistake of the guides' files is named with its line", () => {
    expect(codes(read("docker-compose.yml", bad))).toEqual([
      "2 IMPORT_PORT_PUBLIC",
      "2 IMPORT_PORT_PUBLIC",
      "2 IMPORT_PORT_MISMATCH",
      "2 IMPORT_DOCKER_SOCKET",
      "2 IMPORT_HOST_FOLDER",
      "2 IMPORT_UNHARDENED",
      "2 IMPORT_UNLIMITED",
      "2 IMPORT_ROOT",
      "2 IMPORT_ENV_SECRET",
      "2 IMPORT_EXTRA_HOSTS",
      "2 IMPORT_IMAGE_FLOATING",
      "2 IMPORT_HEALTHCHECK",
      "18 IMPORT_UNHARDENED",
      "18 IMPORT_UNLIMITED",
      "18 IMPORT_ROOT",
      "18 IMPORT_NO_HEALTHCHECK",
      "21 IMPORT_UNHARDENED",
      "21 IMPORT_UNLIMITED",
      "21 IMPORT_ROOT",
      "21 IMPORT_IMAGE_FLOATING",
      "21 IMPORT_NO_HEALTHCHECK",
    ]);
  });

  test("G3, G6, G7, L6, T2: a hardened one has nothing against it", () => {
    const good = `services:
  openclaw-gateway:
    image: openclaw/openclaw:2026.9.6
    user: 1000:1000
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 2g
    cpus: 2
    pids_limit: 512
    ports: ["127.0.0.1:18789:18789"]
    healthcheck: {test: [CMD, node, probe.mjs, "http://127.0.0.1:18789/healthz"]}
`;
    expect(read("compose.yaml", good).findings).toEqual([]);
  });

  test("what a file includes is not read, and aliases without end are refused", () => {
    expect(
      codes(read("compose.yaml", "include: [https://example.net/x.yml]\nservices: {}\n")),
    ).toEqual(["IMPORT_INCLUDE"]);
    const bomb = [
      "a: &a [1,1,1,1,1,1,1,1,1]",
      ...Array.from("bcdefgh").map((name, at) => {
        const before = "abcdefg"[at];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
      }),
      "services: {}",
    ].join("\n");
    expect(codes(read("compose.yaml", bomb))).toEqual(["IMPORT_YAML_ALIASES"]);
  });

  test("anchors and merge keys of a person are read", () => {
    const text =
      "x-common: &common\n  read_only: true\nservices:\n  a:\n    <<: *common\n    image: a:1\n";
    const hardening = read("compose.yaml", text).findings.find(
      ({ code }) => code === "IMPORT_UNHARDENED",
    );
    expect(hardening?.message).not.toContain("read_only");
  });

  test("bad YAML is said with its line", () => {
    expect(codes(read("compose.yaml", "services:\n  a: [\n"))[0]).toMatch(/^3 IMPORT_YAML$/u);
  });
});

describe(".env", () => {
  const text = `# mine
OPENCLAW_GATEWAY_TOKEN=$(openssl rand -hex 32)
export GITHUB_TOKEN="ghp_0123456789"
OLLAMA_NUM_GPU=999
OLLAMA_MAX_RAM=12GB
OLLAMA_HOST=0.0.0.0
OLLAMA_FLASH_ATTENTION=1 # faster
OLLAMA_MODEL='qwen2.5-coder:32b'
OPENCLAW_GATEWAY_PORT=20000
broken line
`;

  test("C5, C10, C13, S12: commands, secrets and variables without effect are named", () => {
    const result = read(".env", text);
    expect(codes(result)).toEqual([
      "2 IMPORT_ENV_COMMAND",
      "3 IMPORT_ENV_SECRET",
      "4 IMPORT_OLLAMA_NO_EFFECT",
      "5 IMPORT_OLLAMA_NO_EFFECT",
      "6 IMPORT_OLLAMA_ALL_INTERFACES",
      "10 IMPORT_ENV_LINE",
    ]);
    expect(JSON.stringify(result)).not.toContain("ghp_");
  });

  test("G17: what a spec has a key for is taken over", () => {
    expect(read("prod.env", text).spec).toEqual({
      deploy: 1,
      profile: "cage",
      gateway: { port: 20_000 },
      models: { primary: "ollama/qwen2.5-coder:32b", numGpu: 999 },
      ollama: { OLLAMA_FLASH_ATTENTION: "1" },
    });
  });

  test("L9: the variables of a single container become keys with types", () => {
    const { spec } = read(
      ".env.example",
      `CLAWLAMA_MODEL=gpt-oss:20b
CLAWLAMA_MODELS=gpt-oss:20b,llama3.1:8b
CLAWLAMA_CONTEXT_WINDOW=131072
CLAWLAMA_MAX_TOKENS=8192
CLAWLAMA_MAX_CONCURRENT=4
CLAWLAMA_OPENCLAW_PORT=18789
OLLAMA_NUM_THREADS=8
OLLAMA_NUM_PARALLEL=1
`,
    );
    const parsed = parseSpec(Buffer.from(specText(spec)), "deploy.yaml");
    expect(parsed.findings).toEqual([]);
    expect(parsed.spec).toMatchObject({
      profile: { name: "single-container" },
      models: {
        primary: "ollama/gpt-oss:20b",
        fallbacks: ["ollama/llama3.1:8b"],
        contextTokens: 131_072,
        maxTokens: 8192,
        numThread: 8,
      },
      ollama: { OLLAMA_NUM_PARALLEL: "1" },
      limits: { concurrent: 4 },
    });
  });
});

test("what is none of the three is refused by its name", () => {
  expect(() => read("notes.txt", "x")).toThrow(expect.objectContaining({ code: "IMPORT_KIND" }));
  expect(() => importFile(Uint8Array.of(0xff, 0xfe), ".env")).toThrow(
    expect.objectContaining({ code: "TEXT_NOT_UTF8" }),
  );
});

test("any text is imported or has findings, never an error of ours", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("openclaw.json", "compose.yaml", ".env"),
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((text) => `{"services": {"a": ${text}}}`),
      ),
      (name, text) => {
        if (text.includes("\0") || /\p{Surrogate}|\ufeff/u.test(text)) return;
        expect(Array.isArray(read(name, text).findings)).toBe(true);
      },
    ),
  );
});
