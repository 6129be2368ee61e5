import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { plainSpecs, richSpecs } from "../spec/specs.cases.ts";
import type { Artifact } from "./artifact.ts";
import { renderDeployment } from "./render-deployment.ts";

const place = {
  home: "/home/me",
  skillsUid: 2000,
  skillProgram: "/usr/local/bin/clawkeep-skill",
  user: { uid: 1234, gid: 1234 },
};
const specs = [...plainSpecs, ...richSpecs];

function specOf(text: string): DeploymentSpec {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

function rendered(name: string, more = ""): readonly Artifact[] {
  const found = specs.find((one) => one.name === name);
  return renderDeployment(specOf(`${found?.text ?? ""}${more}`), place);
}

function textOf(artifacts: readonly Artifact[], file: string): string {
  const found = artifacts.find((one) => one.path === file);
  if (found === undefined) throw new Error(`${file} of ${artifacts.map((one) => one.path).join()}`);
  return found.text;
}

interface ComposeService {
  readonly user: string;
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly ports?: readonly { readonly host_ip: string; readonly published: string }[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

function compose(
  artifacts: readonly Artifact[],
  file = "compose.yaml",
): {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
} {
  return parse(textOf(artifacts, file));
}

describe.each(specs)("$name", ({ text }) => {
  const artifacts = renderDeployment(specOf(text), place);

  test("is the same bytes every time, with a name of its own for each file", () => {
    expect(renderDeployment(specOf(text), place)).toEqual(artifacts);
    expect(new Set(artifacts.map((one) => one.path)).size).toBe(artifacts.length);
    for (const { path: file, text: written, install } of artifacts) {
      expect(file).toMatch(/^(?:\.env\.example|[A-Za-z0-9_][A-Za-z0-9._/-]*)$/u);
      expect(install ?? "/").toMatch(/^\//u);
      expect(written.endsWith("\n")).toBe(true);
    }
  });

  test("C1: no file has a secret or a provider's key in an environment", () => {
    for (const { text: written } of artifacts) {
      expect(written).not.toMatch(/sk-|ghp_|[0-9a-f]{40}/u);
      expect(written).not.toMatch(
        /^\s*(?:Environment=)?[A-Z_]*(?:KEY|TOKEN|SECRET)[A-Z_]*(?<!_FILE)[=:]/mu,
      );
    }
  });

  test("G6, G7: every container is closed in the same way", () => {
    const found = artifacts.find((one) => one.path === "compose.yaml");
    if (found === undefined) return;
    for (const one of Object.values(compose(artifacts).services)) {
      expect(one).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        init: true,
      });
      expect(one.user).toMatch(/^[1-9][0-9]{3}:[1-9][0-9]{3}$/u);
      expect(one["pids_limit"]).toBeGreaterThan(0);
      expect(one["mem_limit"]).toBe(one["memswap_limit"]);
      expect(JSON.stringify(one)).not.toMatch(/docker\.sock|privileged|:latest/u);
    }
  });

  test("G3, T10: the gateway's port is on loopback, and nothing else is published", () => {
    const found = artifacts.find((one) => one.path === "compose.yaml");
    if (found === undefined) return;
    const published = Object.entries(compose(artifacts).services).flatMap(
      ([name, { ports = [] }]) => ports.map((port) => [name, port.host_ip, port.published]),
    );
    expect(published).toEqual([["gateway", "127.0.0.1", "18789"]]);
  });

  test("T3: units are hardened to at most 2.0 by systemd's own count", (context) => {
    const units = artifacts.filter(
      ({ kind, install }) => kind === "systemd-unit" && install?.startsWith("/etc/"),
    );
    if (units.length === 0) return;
    const folder = mkdtempSync(path.join(tmpdir(), "claw-units-"));
    try {
      for (const unit of units) {
        const file = path.join(folder, path.basename(unit.path));
        writeFileSync(file, unit.text);
        const { error, stdout, stderr } = spawnSync(
          "systemd-analyze",
          ["security", "--offline=true", "--threshold=20", "--no-pager", file],
          { encoding: "utf8" },
        );
        if (error !== undefined) context.skip("no systemd-analyze here");
        const level = Number(/exposure level for .*: ([0-9.]+)/u.exec(stdout)?.[1]);
        expect([unit.path, level <= 2, stderr]).toEqual([unit.path, true, ""]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("G26: the page says where the port is, and repeats each waiver's reason", () => {
    const page = textOf(artifacts, "EXPOSED.md");
    const spec = specOf(text);
    expect(page).toContain(`127.0.0.1:${spec.gateway.port}`);
    for (const { control } of spec.waivers) expect(page).toContain(`**${control}**`);
  });
});

test("G1, threat 10: the gateway shares no network with Ollama, and its own have no way out", () => {
  const { services, networks } = compose(rendered("cage"));
  expect(services["gateway"]?.networks).toEqual(["inside", "front"]);
  expect(services["ollama-gate"]?.networks).toEqual({
    inside: { aliases: ["ollama-gate.local"] },
    models: {},
  });
  expect(services["ollama"]?.networks).toEqual(["models"]);
  expect(services["skills"]?.network_mode).toBe("none");
  expect(networks).toMatchObject({ inside: { internal: true }, models: { internal: true } });
  expect(Object.keys(networks).toSorted()).toEqual(["front", "inside", "models"]);
});

test("L22: variables of compose name the overlays that are on, and hold no secret", () => {
  const text = textOf(rendered("hybrid"), ".env.example");
  const values = Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, name = "", value = ""] = /^([A-Z_]+)=(.*)$/u.exec(line) ?? [];
      return name === "" ? [] : [[name, value]];
    }),
  );
  expect(values).toEqual({
    COMPOSE_PROJECT_NAME: "claw-claw",
    COMPOSE_FILE: "compose.yaml:compose.internet.yaml",
    COMPOSE_PROFILES: "",
  });
  const paths = rendered("hybrid").map((one) => one.path);
  for (const file of values["COMPOSE_FILE"]?.split(":") ?? []) expect(paths).toContain(file);
  expect(textOf(rendered("cage"), ".env.example")).toContain("\nCOMPOSE_FILE=compose.yaml\n");
  expect(rendered("podman").map((one) => one.path)).not.toContain(".env.example");
});

test("C11: configuration, containers, state and workspace have each a place of their own", () => {
  const own = rendered("credentialless").map((one) => one.path);
  const top = new Set(own.map((one) => (one.includes("/") ? `${one.split("/")[0]}/` : one)));
  for (const name of ["config/", "compose.yaml", "Dockerfile", "nftables/", "EXPOSED.md"]) {
    expect(top).toContain(name);
  }
  const config = JSON.parse(textOf(rendered("credentialless"), "config/openclaw.json")) as {
    readonly agents: { readonly defaults: { readonly workspace: string } };
  };
  const { gateway } = compose(rendered("credentialless")).services;
  const mounts = (gateway?.["volumes"] ?? []) as readonly { source: string; target: string }[];
  expect(mounts.map(({ source, target }) => `${source} ${target}`)).toEqual([
    "./config /etc/claw",
    "gateway /home/node/.openclaw",
    "sockets /run/claw-claw",
  ]);
  expect(config.agents.defaults.workspace).toBe("/home/node/.openclaw/workspace");
});

test("G2: the port is published by a bridge that hides nobody's address", () => {
  expect(compose(rendered("cage")).networks["front"]).toMatchObject({
    driver_opts: { "com.docker.network.bridge.enable_ip_masquerade": "false" },
  });
});

test("G4: the way out is a file that is named or not", () => {
  expect(rendered("cage").map((one) => one.path)).not.toContain("compose.internet.yaml");
  const overlay = compose(rendered("hybrid"), "compose.internet.yaml");
  expect(overlay.services).toEqual({ egress: { networks: ["inside", "outside"] } });
  expect(compose(rendered("hybrid")).services["egress"]?.networks).toEqual(["inside"]);
});

test("C12, G8, G9, G10: configuration is read-only, and writable for the one that is started by hand", () => {
  const { services } = compose(rendered("cage"));
  const bound = (name: string): unknown =>
    ((services[name]?.["volumes"] ?? []) as readonly { target: string; read_only?: boolean }[])
      .filter(({ target }) => target === "/etc/claw")
      .map((one) => one.read_only ?? false);
  expect(bound("gateway")).toEqual([true]);
  expect(bound("cli")).toEqual([false]);
  expect(services["cli"]).toMatchObject({ profiles: ["cli"], restart: "no" });
  expect(services["gateway"]).toMatchObject({ environment: { OPENCLAW_CONFIG_READONLY: "1" } });
});

test("G15: models are fetched by an Ollama of its own, in a profile that is not started", () => {
  const { services } = compose(rendered("cage"), "compose.pull.yaml");
  expect(services["ollama-pull"]).toMatchObject({
    profiles: ["setup"],
    networks: ["outside"],
    read_only: true,
  });
});

test("G18: another port is mapped, asked and in the firewall, and the old one nowhere", () => {
  for (const name of ["cage", "vps", "podman", "single-container"]) {
    const artifacts = rendered(name, "gateway: {port: 20123}\n");
    for (const { path: file, text } of artifacts)
      expect([file, text.includes("18789")]).toEqual([file, false]);
    expect(artifacts.filter(({ text }) => text.includes("20123")).length).toBeGreaterThan(1);
  }
});

test("G21: the overlay for a GPU only adds devices", () => {
  expect(compose(rendered("cage"), "compose.gpu.yaml").services).toEqual({
    ollama: {
      deploy: {
        resources: {
          reservations: { devices: [{ driver: "nvidia", count: "all", capabilities: ["gpu"] }] },
        },
      },
    },
  });
});

test("C4, C6, G22: macOS gets two agents of launchd and no Ollama in a container", () => {
  const artifacts = rendered("macos");
  expect(Object.keys(compose(artifacts).services)).not.toContain("ollama");
  expect(textOf(artifacts, "launchd/net.clawkeep.claw.ollama.plist")).toContain(
    "<string>127.0.0.1:11434</string>",
  );
  expect(textOf(artifacts, "launchd/net.clawkeep.claw.ollama-environment.plist")).toContain(
    "<string>setenv</string>",
  );
});

test("C10: a host's Ollama listens on the bridge of its containers, and the firewall knows it", () => {
  const artifacts = rendered("credentialless");
  const address = /OLLAMA_HOST=(172\.30\.[0-9]+\.1):11434/u.exec(
    textOf(artifacts, "config/ollama.env"),
  )?.[1];
  expect(address).toBeDefined();
  expect(textOf(artifacts, "nftables/claw-claw.nft")).toContain(
    `ip daddr ${address} tcp dport 11434 accept`,
  );
  expect(textOf(artifacts, "compose.yaml")).toContain(`"http://${address}:11434"`);
});

test("L1, L2, L20: one Dockerfile, every package pinned, and never root at the end", () => {
  for (const name of ["cage", "single-container", "credentialless"]) {
    const lines = textOf(rendered(name), "Dockerfile").split("\n");
    expect(
      lines.filter((line) => line.startsWith("RUN ")).every((line) => line.startsWith("RUN [")),
    ).toBe(true);
    expect(lines.filter((line) => line.startsWith("USER ")).at(-1)).toBe("USER 1000:1000");
    expect(lines.join("\n")).not.toMatch(/latest|curl|\| *sh/u);
    for (const line of lines.filter((one) => one.includes('"npm"'))) {
      expect(line).toMatch(/--ignore-scripts.*@[0-9]/u);
    }
  }
});

test("an image whose root is read-only holds all that its programs would write at their first run", () => {
  for (const name of ["cage", "single-container"]) {
    const lines = textOf(rendered(name), "Dockerfile").split("\n");
    const installed = lines.findIndex((line) => line.includes('"openclaw@'));
    expect(lines[installed + 1]).toBe('RUN ["openclaw", "--version"]');
    const keeper = lines.slice(lines.indexOf("FROM programs AS keeper"));
    expect(keeper[1]).toContain('"@clawkeep/local-rag@');
  }
});

test("L6: health is asked of the gateway and of Ollama", () => {
  const { services } = compose(rendered("single-container"));
  expect(services["gateway"]?.healthcheck.test.join(" ")).toContain(":18789/healthz");
  expect(services["ollama"]?.healthcheck.test).toEqual(["CMD", "/usr/bin/ollama", "list"]);
});

test("T4: a small server gets a heap that fits, two at a time, and swap", () => {
  const artifacts = rendered("vps");
  const unit = textOf(artifacts, "units/claw-claw-gateway.service");
  expect(unit).toContain("NODE_OPTIONS=--max-old-space-size=1536");
  expect(unit).toContain("MemorySwapMax=2G");
  expect(textOf(artifacts, "sysctl/60-claw-claw.conf")).toContain("vm.swappiness = 60");
});

test("T3: secrets are credentials of the unit", () => {
  const unit = textOf(rendered("vps"), "units/claw-claw-gateway.service");
  expect(unit).toContain("LoadCredential=gateway-token:/etc/claw-claw/secrets/gateway-token\n");
  expect(unit).toContain("TimeoutStopSec=330\n");
});

test("T13: rules name uids and have IPv6 twins; UFW lets nothing in but SSH and the tailnet", () => {
  const rules = textOf(rendered("vps"), "nftables/claw-claw.nft");
  expect(rules).toContain("table inet claw_claw");
  expect(rules).toContain("meta skuid 2001 reject");
  expect(rules).toMatch(/meta skuid 2004 ip daddr \{[^}]*169\.254\.0\.0\/16/u);
  expect(rules).toMatch(/meta skuid 2004 ip6 daddr \{[^}]*fc00::\/7/u);
  expect(textOf(rendered("a tailnet"), "ufw.rules")).toContain(
    "allow in on tailscale0 to any port 18789 proto tcp",
  );
});

test("threat 10: on a host the gateway's uid cannot pass the proxy in front of Ollama", () => {
  const lines = textOf(rendered("bare-metal"), "nftables/claw-claw.nft").split("\n");
  const own = lines.filter((line) => line.includes("skuid 2001")).map((line) => line.trim());
  expect(own).toEqual([
    'meta skuid 2001 oifname "lo" tcp dport 11434 reject',
    'meta skuid 2001 oifname "lo" accept',
    "meta skuid 2001 reject",
  ]);
});

test("T13: Docker's own chain is closed for both versions of the protocol", () => {
  const artifacts = rendered("cage");
  for (const version of ["v4", "v6"]) {
    expect(textOf(artifacts, `iptables/claw-claw.${version}`)).toMatch(
      /^\*filter\n:DOCKER-USER[\s\S]*-j DROP\n[\s\S]*COMMIT\n$/u,
    );
  }
});

test("T8, T7: squid lets named hosts through at their ports, after it refused other names and addresses inside", () => {
  const lines = textOf(rendered("hybrid"), "config/squid.conf").trim().split("\n");
  const access = lines.filter((line) => line.startsWith("http_access"));
  expect(access).toEqual([
    "http_access deny !tunnel",
    "http_access deny !named",
    "http_access deny inward",
    "http_access allow tunnel host0 port0",
    "http_access deny all",
  ]);
  expect(lines).toContain("acl host0 dstdomain -n openrouter.ai");
  expect(lines).toContain("acl named dstdomain -n openrouter.ai");
});

test("S5, S13: Caddy asks for a certificate and writes the header of the user itself", () => {
  const caddy = textOf(rendered("a proxy that knows its users"), "Caddyfile");
  expect(caddy).toContain("mode require_and_verify");
  expect(caddy).toContain("header_up X-Forwarded-User {http.request.tls.client.san.emails.0}");
  expect(caddy).toContain("reverse_proxy 127.0.0.1:18789");
});

test("Quadlets are closed as the containers of compose are", () => {
  const containers = rendered("podman").filter((one) => one.path.endsWith(".container"));
  expect(containers).toHaveLength(4);
  for (const { text } of containers) {
    for (const line of [
      "ReadOnly=true",
      "DropCapability=all",
      "NoNewPrivileges=true",
      "RunInit=true",
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/--pids-limit=[0-9]+ --memory=[0-9]+m/u);
  }
  expect(textOf(rendered("podman"), "quadlet/claw-claw-gateway.container")).toContain(
    "PublishPort=127.0.0.1:18789:18789\n",
  );
});

test("S13: two deployments share no table, bridge, folder or subnet", () => {
  const first = rendered("credentialless")
    .map(({ text }) => text)
    .join("\n");
  const second = rendered("credentialless", "name: other\n")
    .map(({ text }) => text)
    .join("\n");
  const named = (text: string): readonly string[] =>
    text.match(/cl[0-9a-f]{8}[a-z]{2}|172\.30\.[0-9]+/gu) ?? [];
  expect(named(second).some((one) => named(first).includes(one))).toBe(false);
});
