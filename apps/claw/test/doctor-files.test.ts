import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

import { closeApplied, examined } from "./examined.ts";
import type { Draft, Examined } from "./examined.ts";

afterAll(closeApplied);

const profiles =
  "credentialless cage single-container vps bare-metal hybrid notebook podman macos".split(" ");

test.concurrent.each(profiles)(
  "a clean %s that was applied has no fault, and every check says what it did",
  async (profile) => {
    const place = await examined(profile);
    try {
      const args = profile === "notebook" ? [] : ["--root", place.root];
      const said = await place.doctor(...args);
      expect([said.ids, said.code, said.stderr]).toEqual([[], 0, ""]);
      expect(
        said.checks.filter(({ reason = "" }) => reason.startsWith("the check failed")),
      ).toEqual([]);
      expect(
        said.checks.filter(({ status, reason }) => status !== "passed" && reason === undefined),
      ).toEqual([]);
      const files = await place.doctor("--files");
      expect([files.ids, files.code]).toEqual([[], 0]);
    } finally {
      place.close();
    }
  },
);

interface Planted {
  readonly id: string;
  readonly what: string;
  readonly profile: string;
  readonly plant: (place: Examined) => void;
}

const provider = (config: Draft): Draft => config["models"].providers.ollama as Draft;
const model = (config: Draft): Draft => provider(config)["models"][0] as Draft;
const ui = (config: Draft): Draft => config["gateway"].controlUi as Draft;
const token = "4f".repeat(32);

/** Each in a deployment that was clean: the doctor must name it, and nothing else. */
const faults: readonly Planted[] = [
  {
    id: "deployment-odd-file",
    what: "a pipe in the place of a file",
    profile: "cage",
    plant: ({ folder }) => {
      rmSync(path.join(folder, "EXPOSED.md"));
      execFileSync("mkfifo", [path.join(folder, "EXPOSED.md")]);
    },
  },
  {
    id: "deployment-odd-file",
    what: "a link that leads to another file",
    profile: "bare-metal",
    plant: ({ folder }) => {
      const file = path.join(folder, "ufw.rules");
      rmSync(file);
      symlinkSync("/etc/passwd", file);
    },
  },
  {
    id: "config-unreadable",
    what: "an openclaw.json that was cut",
    profile: "cage",
    plant: ({ folder }) => truncateSync(path.join(folder, "config/openclaw.json"), 900),
  },
  {
    id: "config-stale-keys",
    what: "1.6: timeoutSec and a sandbox at the top",
    profile: "cage",
    plant: (place) =>
      place.config((config) => {
        config["tools"].exec.timeoutSec = 600;
        config["agents"].defaults.maxIterations = 10;
      }),
  },
  {
    id: "secret-in-config",
    what: "C1: the token itself in openclaw.json",
    profile: "cage",
    plant: (place) => place.config((config) => (config["gateway"].auth.token = token)),
  },
  {
    id: "context-not-sent",
    what: "4.1: contextWindow alone",
    profile: "cage",
    plant: (place) =>
      place.config((config) => {
        delete model(config)["contextTokens"];
        delete model(config)["params"];
      }),
  },
  {
    id: "context-too-small",
    what: "C7 T17: num_ctx 4096",
    profile: "cage",
    plant: (place) =>
      place.config((config) =>
        Object.assign(model(config), { contextTokens: 4096, params: { num_ctx: 4096 } }),
      ),
  },
  {
    id: "context-beyond-model",
    what: "4.1: 262144 tokens for a model of 131072",
    profile: "cage",
    plant: (place) => place.config((config) => (model(config)["params"].num_ctx = 262_144)),
  },
  {
    id: "tools-not-widened",
    what: "4.1: a server of MCP that the profile does not admit",
    profile: "cage",
    plant: (place) => place.config((config) => (config["tools"].alsoAllow = ["read"])),
  },
  {
    id: "tools-not-widened",
    what: "4.1: exec by approval that alsoAllow does not name",
    profile: "bare-metal",
    plant: (place) => place.config((config) => (config["tools"].exec.mode = "allowlist")),
  },
  {
    id: "ollama-v1",
    what: "4.2 T18: /v1 and openai-completions",
    profile: "cage",
    plant: (place) =>
      place.config((config) =>
        Object.assign(provider(config), {
          baseUrl: "http://ollama-gate:11434/v1",
          api: "openai-completions",
        }),
      ),
  },
  {
    id: "provider-not-written",
    what: "4.2: no provider of Ollama",
    profile: "hybrid",
    plant: (place) => place.config((config) => delete config["models"].providers.ollama),
  },
  {
    id: "model-not-listed",
    what: "4.2: `Unknown model`",
    profile: "cage",
    plant: (place) =>
      place.config(
        (config) => (config["agents"].defaults.model.primary = "ollama/qwen2.5-coder:7b"),
      ),
  },
  {
    id: "model-without-tools",
    what: "4.2: a model that cannot call tools",
    profile: "cage",
    plant: (place) =>
      place.config((config) => {
        Object.assign(model(config), {
          id: "deepseek-coder-v2:16b",
          name: "deepseek-coder-v2:16b",
        });
        config["agents"].defaults.model.primary = "ollama/deepseek-coder-v2:16b";
      }),
  },
  {
    id: "cold-model-timeout",
    what: "4.2: one minute for a cold model",
    profile: "cage",
    plant: (place) => place.config((config) => (provider(config)["timeoutSeconds"] = 60)),
  },
  {
    id: "cold-model-timeout",
    what: "4.2: OLLAMA_KEEP_ALIVE=0",
    profile: "bare-metal",
    plant: (place) =>
      place.write("config/ollama.env", `${place.read("config/ollama.env")}OLLAMA_KEEP_ALIVE=0\n`),
  },
  {
    id: "ollama-url-loopback",
    what: "4.2: baseUrl localhost in a container",
    profile: "cage",
    plant: (place) =>
      place.config((config) => (provider(config)["baseUrl"] = "http://127.0.0.1:11434")),
  },
  {
    id: "ollama-host-unresolved",
    what: "4.2 1.5: no extra_hosts",
    profile: "macos",
    plant: (place) => place.edit("compose.yaml", /    extra_hosts:\n      - .*\n/u, ""),
  },
  {
    id: "ollama-variable-without-effect",
    what: "C5: OLLAMA_NUM_GPU=999",
    profile: "bare-metal",
    plant: (place) =>
      place.write("config/ollama.env", `${place.read("config/ollama.env")}OLLAMA_NUM_GPU=999\n`),
  },
  {
    id: "ollama-variable-without-effect",
    what: "L9: OLLAMA_NUM_THREADS in compose",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        '      OLLAMA_NO_CLOUD: "1"\n',
        '      OLLAMA_NO_CLOUD: "1"\n      OLLAMA_NUM_THREADS: "8"\n',
      ),
  },
  {
    id: "ollama-cloud-on",
    what: "4.1: a cage without OLLAMA_NO_CLOUD",
    profile: "cage",
    plant: (place) => place.edit("compose.yaml", '      OLLAMA_NO_CLOUD: "1"\n', ""),
  },
  {
    id: "origins-missing",
    what: "4.2: bind lan without origins",
    profile: "cage",
    plant: (place) => place.config((config) => delete ui(config)["allowedOrigins"]),
  },
  {
    id: "origins-inexact",
    what: "1.5: a range of addresses",
    profile: "cage",
    plant: (place) =>
      place.config((config) =>
        (ui(config)["allowedOrigins"] as string[]).push("http://192.168.0.0/16"),
      ),
  },
  {
    id: "origins-inexact",
    what: "4.2: a list in one text",
    profile: "cage",
    plant: (place) =>
      place.config((config) =>
        (ui(config)["allowedOrigins"] as string[]).push("https://a.example,https://b.example"),
      ),
  },
  {
    id: "origins-without-port",
    what: "4.1 4.2: origins without the port",
    profile: "cage",
    plant: (place) =>
      place.config(
        (config) => (ui(config)["allowedOrigins"] = ["http://127.0.0.1", "http://localhost"]),
      ),
  },
  {
    id: "trusted-proxies-wide",
    what: "1.5: 172.16.0.0/12",
    profile: "credentialless",
    plant: (place) =>
      place.config((config) => (config["gateway"].trustedProxies = ["172.16.0.0/12"])),
  },
  {
    id: "stop-grace-too-short",
    what: "4.1: Docker's ten seconds",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", 'stop_grace_period: "330s"', 'stop_grace_period: "10s"'),
  },
  {
    id: "stop-grace-too-short",
    what: "4.1: systemd's ninety seconds",
    profile: "vps",
    plant: (place) => place.edit("units/claw-claw-gateway.service", "TimeoutStopSec=330\n", ""),
  },
  {
    id: "stop-grace-too-short",
    what: "4.1: a Quadlet of a minute",
    profile: "podman",
    plant: (place) =>
      place.edit(
        "quadlet/claw-claw-gateway.container",
        "TimeoutStopSec=330",
        "TimeoutStopSec=1min",
      ),
  },
  {
    id: "gateway-memory-limit",
    what: "4.1: MemoryMax=768M",
    profile: "vps",
    plant: (place) =>
      place.edit("units/claw-claw-gateway.service", /MemoryMax=\S+/u, "MemoryMax=768M"),
  },
  {
    id: "heap-beyond-limit",
    what: "4.2: a heap larger than the container",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", "--max-old-space-size=1536", "--max-old-space-size=4096"),
  },
  {
    id: "healthcheck-missing",
    what: "1.5: a gateway without healthcheck",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        /    healthcheck:\n      test:\n        - "CMD"\n        - "\/usr\/local\/bin\/node"\n        - "-e"\n        - .*18789\/healthz.*\n(?:      .*\n)+/u,
        "",
      ),
  },
  {
    id: "healthcheck-asks-elsewhere",
    what: "1.5: 18790/health",
    profile: "credentialless",
    plant: (place) =>
      place.edit("compose.yaml", "127.0.0.1:18789/healthz", "127.0.0.1:18790/health"),
  },
  {
    id: "healthcheck-start-too-short",
    what: "4.2: fifteen seconds",
    profile: "cage",
    plant: (place) => place.edit("compose.yaml", 'start_period: "120s"', 'start_period: "15s"'),
  },
  {
    id: "ollama-healthcheck-curl",
    what: "4.2: curl in an image without it",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        /- "CMD"\n        - "\/usr\/bin\/ollama"\n        - "list"/u,
        '- "CMD-SHELL"\n        - "curl -f http://localhost:11434"',
      ),
  },
  {
    id: "depends-without-health",
    what: "1.5: depends_on waits for nothing",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        /(ollama-gate:\n        condition: )"service_healthy"/u,
        '$1"service_started"',
      ),
  },
  {
    id: "config-single-file-mount",
    what: "4.2: openclaw.json alone",
    profile: "cage",
    plant: (place) => {
      place.edit(
        "compose.yaml",
        'source: "./config"\n        target: "/etc/claw"\n        read_only: true',
        'source: "./config/openclaw.json"\n        target: "/etc/claw/openclaw.json"',
      );
      place.edit("compose.yaml", 'OPENCLAW_CONFIG_READONLY: "1"', 'OPENCLAW_CONFIG_READONLY: "0"');
    },
  },
  {
    id: "config-readonly-without-flag",
    what: "4.2: read-only, and not told",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", 'OPENCLAW_CONFIG_READONLY: "1"', 'OPENCLAW_CONFIG_READONLY: "0"'),
  },
  {
    id: "writable-path-missing",
    what: "4.2: no home to write in",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        /      - type: "volume"\n        source: "gateway"\n        target: "\/home\/node\/.openclaw"\n/u,
        "",
      ),
  },
  {
    id: "writable-path-missing",
    what: "4.2: a unit without PrivateTmp",
    profile: "bare-metal",
    plant: (place) => place.edit("units/claw-claw-gateway.service", "PrivateTmp=yes\n", ""),
  },
  {
    id: "ui-internal-only",
    what: "4.2: ports on an internal network",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", '      - "inside"\n      - "front"\n', '      - "inside"\n'),
  },
  {
    id: "internal-network-reaches-host",
    what: "4.2: no rule drops what comes in from a bridge",
    profile: "cage",
    plant: ({ folder }) => rmSync(path.join(folder, "nftables"), { recursive: true }),
  },
  {
    id: "dns-forwarder-open",
    what: "1.5: Docker's resolver on the second bridge",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", /(- "front"\n)    dns:\n      - "127.0.0.1"\n/u, "$1"),
  },
  {
    id: "published-on-all-interfaces",
    what: "4.2 1.5 G3: 0.0.0.0 in compose",
    profile: "cage",
    plant: (place) => place.edit("compose.yaml", 'host_ip: "127.0.0.1"', 'host_ip: "0.0.0.0"'),
  },
  {
    id: "published-on-all-interfaces",
    what: "4.2 G3: a port alone in a Quadlet",
    profile: "podman",
    plant: (place) =>
      place.edit(
        "quadlet/claw-claw-gateway.container",
        "PublishPort=127.0.0.1:18789:18789",
        "PublishPort=18789:18789",
      ),
  },
  {
    id: "port-mapping-mismatch",
    what: "G18: the mapping leads elsewhere",
    profile: "cage",
    plant: (place) => place.edit("compose.yaml", "target: 18789", "target: 18790"),
  },
  {
    id: "docker-user-rule-missing",
    what: "4.2 T13: no DOCKER-USER for IPv6",
    profile: "cage",
    plant: ({ folder }) => rmSync(path.join(folder, "iptables/claw-claw.v6")),
  },
  {
    id: "docker-socket-mounted",
    what: "1.5 G12: the socket of Docker",
    profile: "credentialless",
    plant: (place) => mountInGateway(place, "/var/run/docker.sock", "/var/run/docker.sock"),
  },
  {
    id: "host-folder-mounted",
    what: "1.5: /dev/shm of the host",
    profile: "cage",
    plant: (place) => mountInGateway(place, "/dev/shm", "/dev/shm"),
  },
  {
    id: "container-unhardened",
    what: "1.5 G6: Ollama with all capabilities",
    profile: "cage",
    plant: (place) => place.edit("compose.yaml", /    cap_drop:\n      - "ALL"\n/u, ""),
  },
  {
    id: "image-floating",
    what: "1.5: latest",
    profile: "cage",
    plant: (place) =>
      place.edit("compose.yaml", /claw-claw\/ollama:[0-9.]+/u, "ollama/ollama:latest"),
  },
  {
    id: "key-in-environment",
    what: "1.5: BRAVE_API_KEY",
    profile: "cage",
    plant: (place) =>
      place.edit(
        "compose.yaml",
        '      OPENCLAW_CONFIG_READONLY: "1"\n',
        `      OPENCLAW_CONFIG_READONLY: "1"\n      BRAVE_API_KEY: "${token}"\n`,
      ),
  },
  {
    id: "key-in-environment",
    what: "T3: Environment=ANTHROPIC_API_KEY",
    profile: "vps",
    plant: (place) =>
      place.edit(
        "units/claw-claw-gateway.service",
        "Environment=NO_COLOR=1\n",
        `Environment=NO_COLOR=1\nEnvironment=ANTHROPIC_API_KEY=${token}\n`,
      ),
  },
  {
    id: "sandbox-backend-missing",
    what: "4.2 G12: spawn docker ENOENT",
    profile: "cage",
    plant: (place) =>
      place.config((config) => (config["agents"].defaults.sandbox = { mode: "non-main" })),
  },
  {
    id: "sandbox-workspace-path",
    what: "4.2: the daemon's host has other paths",
    profile: "cage",
    plant: (place) => {
      place.config(
        (config) =>
          (config["agents"].defaults.sandbox = { mode: "all", docker: { user: "1000:1000" } }),
      );
      place.edit(
        "compose.yaml",
        '      OPENCLAW_CONFIG_READONLY: "1"\n',
        '      OPENCLAW_CONFIG_READONLY: "1"\n      DOCKER_HOST: "tcp://socket-proxy:2375"\n',
      );
    },
  },
  {
    id: "config-permissions",
    what: "4.1: openclaw.json 0644",
    profile: "cage",
    plant: ({ folder }) => chmodSync(path.join(folder, "config/openclaw.json"), 0o644),
  },
  {
    id: "secret-permissions",
    what: "C13: a token that the group reads",
    profile: "cage",
    plant: ({ folder }) => chmodSync(path.join(folder, "secrets/gateway-token"), 0o640),
  },
  {
    id: "env-file-permissions",
    what: "C13: .env 0644",
    profile: "cage",
    plant: (place) => place.write(".env", "OLLAMA_MODEL=gpt-oss:20b\n", 0o644),
  },
  {
    id: "secret-missing",
    what: "S14: a key that is not there",
    profile: "hybrid",
    plant: ({ folder }) => rmSync(path.join(folder, "secrets/openrouter-key")),
  },
  {
    id: "token-not-random",
    what: "1.5: the text of a command",
    profile: "cage",
    plant: (place) => place.write("secrets/gateway-token", "$(openssl rand -hex 32)\n"),
  },
  {
    id: "token-not-random",
    what: "1.5: the text of a command in .env",
    profile: "cage",
    plant: (place) => place.write(".env", "OPENCLAW_GATEWAY_TOKEN=$(openssl rand -hex 32)\n"),
  },
  {
    id: "token-mismatch",
    what: "4.2: another token in .env",
    profile: "cage",
    plant: (place) => place.write(".env", `OPENCLAW_GATEWAY_TOKEN=${token}\n`),
  },
  {
    id: "folder-missing",
    what: "4.2: a bind mount of nothing",
    profile: "cage",
    plant: ({ folder }) => renameSync(path.join(folder, "config"), path.join(folder, "moved")),
  },
  {
    id: "stale-temporary",
    what: "what a kill left",
    profile: "cage",
    plant: ({ folder }) => {
      const file = path.join(folder, "config/.openclaw.json.0123456789ab.tmp");
      writeFileSync(file, "{");
      utimesSync(file, 1, 1);
    },
  },
];

function mountInGateway(place: Examined, source: string, target: string): void {
  place.edit(
    "compose.yaml",
    '      - type: "bind"\n        source: "./config"',
    `      - type: "bind"\n        source: "${source}"\n        target: "${target}"\n      - type: "bind"\n        source: "./config"`,
  );
}

test.concurrent.each(faults.map((one) => [one.id, one.what, one] as const))(
  "%s is named: %s [C26, G25]",
  async (id, _what, { profile, plant }) => {
    const place = await examined(profile);
    try {
      plant(place);
      const said = await place.doctor("--root", place.root);
      expect([said.ids, said.code]).toEqual([[id], 1]);
      for (const { evidence, fix } of said.found) {
        expect(fix).not.toBe("");
        expect(evidence.length).toBeGreaterThan(0);
        for (const { file, line } of evidence) {
          if (file === undefined || line === undefined) continue;
          expect(place.read(file).split("\n").length).toBeGreaterThanOrEqual(line);
        }
      }
      expect(said.stdout + said.stderr).not.toContain(token);
    } finally {
      place.close();
    }
  },
);

test.concurrent.each([
  "config-permissions",
  "secret-permissions",
  "env-file-permissions",
  "folder-missing",
  "stale-temporary",
])("--fix mends %s, says what it changed, and finds nothing afterwards [G25]", async (id) => {
  const planted = faults.find((one) => one.id === id);
  const place = await examined("cage");
  try {
    planted?.plant(place);
    const fixed = await place.doctor("--root", place.root, "--fix");
    expect(fixed.fixed.map(({ done }) => done)).toEqual([true]);
    expect(fixed.ids).toEqual([]);
    const again = await place.doctor("--root", place.root, "--fix");
    expect([again.ids, again.fixed]).toEqual([[], []]);
  } finally {
    place.close();
  }
});

test("--fix leaves what a person must decide, and says so", async () => {
  const place = await examined("cage");
  try {
    faults.find(({ id }) => id === "stop-grace-too-short")?.plant(place);
    const before = place.read("compose.yaml");
    const said = await place.doctor("--fix", "--files");
    expect([said.ids, said.fixed, said.code]).toEqual([["stop-grace-too-short"], [], 1]);
    expect(said.found[0]).toMatchObject({ canFix: false, evidence: [{ file: "compose.yaml" }] });
    expect(place.read("compose.yaml")).toBe(before);
    const line = said.found[0]?.evidence[0]?.line ?? 0;
    expect(before.split("\n")[line - 1]).toContain("stop_grace_period");
  } finally {
    place.close();
  }
});

test("a hostile folder is neither followed nor waited for, and --fix changes nothing outside", async () => {
  const place = await examined("cage");
  try {
    const outside = path.join(place.home, "outside");
    mkdirSync(outside, { mode: 0o755 });
    writeFileSync(path.join(outside, "openclaw.json"), '{"canary": true}', { mode: 0o644 });
    writeFileSync(path.join(outside, "gateway-token"), "a-canary-that-must-not-be-read", {
      mode: 0o644,
    });
    rmSync(path.join(place.folder, "config"), { recursive: true });
    symlinkSync(outside, path.join(place.folder, "config"));
    rmSync(path.join(place.folder, "secrets"), { recursive: true });
    symlinkSync(outside, path.join(place.folder, "secrets"));
    rmSync(path.join(place.folder, "Dockerfile"));
    execFileSync("mkfifo", [
      path.join(place.folder, "Dockerfile"),
      path.join(place.folder, "compose.extra.yaml"),
    ]);
    writeFileSync(path.join(place.folder, "compose.yaml"), "");
    truncateSync(path.join(place.folder, "compose.yaml"), 3_000_000_000);
    const aliases = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghi"
        .split("")
        .map(
          (name, index) =>
            `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefgh"[index] ?? "a"}`).join(",")}]`,
        ),
    ];
    writeFileSync(
      path.join(place.folder, "docker-compose.yml"),
      `${aliases.join("\n")}\nservices: *i\n`,
    );
    const said = await place.doctor("--root", place.root, "--fix");
    expect(said.code).toBe(1);
    expect(said.ids).toContain("deployment-odd-file");
    const odd = said.found
      .filter(({ id }) => id === "deployment-odd-file")
      .flatMap(({ evidence }) => evidence);
    expect(odd.map(({ file, value }) => `${file ?? ""} ${value ?? ""}`).toSorted()).toEqual([
      "Dockerfile fifo",
      "compose.extra.yaml fifo",
      "compose.yaml huge",
      "config link",
      "secrets link",
    ]);
    expect(said.stdout).not.toContain("canary");
    expect(statSync(path.join(outside, "gateway-token")).mode & 0o777).toBe(0o644);
    expect(statSync(outside).mode & 0o777).toBe(0o755);
    expect(existsSync(path.join(outside, "openclaw.json"))).toBe(true);
  } finally {
    place.close();
  }
});

test("a folder that is none is exit code 2, with what to do", async () => {
  const place = await examined("cage");
  try {
    rmSync(place.folder, { recursive: true });
    symlinkSync("/etc", place.folder);
    const said = await place.doctor();
    expect([said.code, said.stdout]).toEqual([2, ""]);
    expect(said.stderr).toContain("DOCTOR_NO_FOLDER");
  } finally {
    place.close();
  }
});
