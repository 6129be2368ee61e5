import { parse } from "yaml";
import { describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import type { Artifact } from "../artifacts/artifact.ts";
import { planDeployment } from "../plan/plan-deployment.ts";
import { checkInstances } from "../spec/check-instances.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };
const without = "deploy: 1\nprofile: credentialless\nmodels: {primary: ollama/gpt-oss:20b}\n";
const withIt = `${without}extras: {openWebui: {}}\n`;

function spec(text: string): DeploymentSpec {
  const { spec: found, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (found === undefined) throw new Error(JSON.stringify(findings));
  return found;
}

const codes = (text: string): readonly string[] =>
  parseSpec(Buffer.from(text), "deploy.yaml").findings.map(({ code }) => code);

function textOf(artifacts: readonly Artifact[], path: string): string {
  return artifacts.find((one) => one.path === path)?.text ?? "";
}

interface Overlay {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly networks: Readonly<Record<string, { readonly internal: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe("C9: Open WebUI", () => {
  const rendered = renderDeployment(spec(withIt), place);
  const overlay = parse(textOf(rendered, "compose.webui.yaml")) as Overlay;
  const one = overlay.services["open-webui"] ?? {};

  test("is no part of a deployment unless its spec has it", () => {
    const plain = renderDeployment(spec(without), place);
    expect(plain.map(({ text }) => text).join("\n")).not.toMatch(/open-webui/u);
    expect(textOf(plain, "compose.yaml")).not.toMatch(/\bweb\b/u);
  });

  test("is reached on loopback alone, by a port of its own", () => {
    expect(one["ports"]).toEqual([
      { mode: "host", host_ip: "127.0.0.1", target: 8080, published: "3000", protocol: "tcp" },
    ]);
    const moved = renderDeployment(spec(`${without}extras: {openWebui: {port: 3210}}\n`), place);
    const text = textOf(moved, "compose.webui.yaml");
    expect(text).toContain('published: "3210"');
    expect(text).toContain("http://127.0.0.1:3210;http://localhost:3210");
    expect(text).not.toContain("3000");
  });

  test("is closed as every container is, by a pinned image and a user of its own", () => {
    expect(one).toMatchObject({
      user: "2006:2006",
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      mem_limit: "2048m",
      memswap_limit: "2048m",
      pids_limit: 256,
    });
    const dockerfile = textOf(rendered, "Dockerfile");
    expect(dockerfile).toMatch(/^ARG OPEN_WEBUI=ghcr\.io\/open-webui\/open-webui:v[0-9.]+$/mu);
    expect(dockerfile).toMatch(/FROM \$\{OPEN_WEBUI\} AS open-webui\n[\s\S]*?USER 2006:2006\n/u);
  });

  test("holds no credential, asks the proxy in front of Ollama, and meets nobody else", () => {
    const environment = one["environment"] as Readonly<Record<string, string>>;
    expect(environment["OLLAMA_BASE_URL"]).toBe("http://ollama-gate.local:11434");
    expect(Object.keys(environment).filter((name) => /KEY|TOKEN|PASSWORD/u.test(name))).toEqual([
      "WEBUI_SECRET_KEY_FILE",
    ]);
    expect(one["secrets"]).toBeUndefined();
    expect(one["networks"]).toEqual(["web", "front"]);
    expect(overlay.networks["web"]).toMatchObject({ internal: true });
    expect(Object.keys(overlay.services)).toEqual(["open-webui"]);
    const base = parse(textOf(rendered, "compose.yaml")) as Overlay;
    const onIt = Object.entries(base.services).filter(([, { networks }]) =>
      JSON.stringify(networks ?? "").includes('"web"'),
    );
    expect(onIt.map(([name]) => name)).toEqual(["ollama-gate"]);
    expect(onIt[0]?.[1]["networks"]).toMatchObject({ web: { aliases: ["ollama-gate.local"] } });
  });

  test("is added and removed by a line of the spec, and its data by the command that is said", () => {
    const before = new Map(
      renderDeployment(spec(without), place).map(({ path, text }) => [path, text] as const),
    );
    const added = planDeployment(spec(withIt), place, before);
    expect(added.changes).toContainEqual(
      expect.objectContaining({ path: "compose.webui.yaml", action: "create", effect: "recreate" }),
    );
    const after = new Map(rendered.map(({ path, text }) => [path, text] as const));
    const removed = planDeployment(spec(without), place, after);
    expect(removed.changes).toContainEqual(
      expect.objectContaining({ path: "compose.webui.yaml", action: "remove", effect: "recreate" }),
    );
    expect(Object.keys(overlay.volumes)).toEqual(["open-webui"]);
    expect(added.exposed).toContain("`docker volume rm claw-claw_open-webui`");
    expect(textOf(rendered, ".env.example")).toMatch(/^COMPOSE_FILE=.*:compose\.webui\.yaml$/mu);
  });

  test("has a bridge that the firewall knows", () => {
    const name = /"?com\.docker\.network\.bridge\.name"?: "?(\w+)/u.exec(
      textOf(rendered, "compose.webui.yaml"),
    )?.[1];
    for (const path of ["nftables/claw-claw.nft", "iptables/claw-claw.v4", "iptables/claw-claw.v6"])
      expect(textOf(rendered, path)).toContain(String(name));
  });

  test("is refused where it has no network or no Ollama, and where its port is taken", () => {
    for (const profile of ["podman", "single-container", "bare-metal", "notebook"])
      expect(codes(withIt.replace("credentialless", profile))).toContain("DEPLOY_OPEN_WEBUI");
    const hosted = withIt
      .replace("credentialless", "hybrid")
      .replace("ollama/gpt-oss:20b", "openrouter/a/b");
    expect(codes(hosted)).toContain("DEPLOY_OPEN_WEBUI");
    expect(codes(`${withIt}gateway: {port: 3000}\n`)).toContain("DEPLOY_PORT_TAKEN");
    const second = (instance: number): DeploymentSpec =>
      spec(`${withIt}name: other\ninstance: ${instance}\n`);
    const clashes = (instance: number): readonly string[] =>
      checkInstances([spec(withIt), second(instance)], place).map(({ message }) => message);
    expect(clashes(0).join()).toContain("port 3000");
    expect(clashes(1).join()).not.toContain("port 30");
  });
});
