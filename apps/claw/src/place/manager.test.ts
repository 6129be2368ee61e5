import path from "node:path";

import { foreignService } from "@clawkeep/provision";
import type { ForeignService } from "@clawkeep/provision";
import { parseSpec } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";
import { expect, test } from "vitest";

import { firewallOf, foreignServices, managerOf } from "./manager.ts";

function specOf(profile: string, more = ""): DeploymentSpec {
  const model = "ollama/gpt-oss:20b";
  const text = `deploy: 1\nname: home\nprofile: ${profile}\nmodels: {primary: "${model}"}\n${more}`;
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

const here =
  (...names: readonly string[]) =>
  (at: string) =>
    names.includes(at);

test.each([
  ["notebook", [], "supervised"],
  ["bare-metal", [], "supervised"],
  ["bare-metal", ["/run/systemd/system"], "systemd"],
  ["bare-metal", ["/var/run/docker.sock"], "supervised"],
  ["cage", ["/var/run/docker.sock", "/run/systemd/system"], "compose"],
  ["cage", [], "supervised"],
] as const)("%s where %j is there is kept by %s", (profile, there, manager) => {
  expect(managerOf(specOf(profile), undefined, here(...there))).toBe(manager);
});

test("a manager that cannot keep a profile is refused", () => {
  expect(() => managerOf(specOf("bare-metal"), "compose")).toThrow(
    expect.objectContaining({ code: "START_MANAGER" }) as Error,
  );
  expect(() => managerOf(specOf("notebook"), "screen")).toThrow(
    expect.objectContaining({ code: "START_MANAGER" }) as Error,
  );
  expect(managerOf(specOf("bare-metal"), "supervised", here("/run/systemd/system"))).toBe(
    "supervised",
  );
});

test("T3: units are started in the order in which they need each other", () => {
  const names = (spec: DeploymentSpec): readonly string[] =>
    foreignServices(spec, "rendered", "systemd").map((kept) => foreignService(kept).name);
  expect(names(specOf("bare-metal"))).toEqual([
    "claw-home-ollama.service",
    "claw-home-ollama-gate.service",
    "claw-home-skills.service",
    "claw-home-gateway.service",
  ]);
});

test("C15: containers are one project; a host has a firewall, a notebook none", () => {
  const names = (kept: readonly ForeignService[]): readonly string[] =>
    kept.map((one) => foreignService(one).name);
  expect(names(foreignServices(specOf("cage"), "rendered", "compose"))).toEqual([
    "compose project claw-home",
  ]);
  expect(names(foreignServices(specOf("macos"), "rendered", "compose"))).toEqual([
    "net.clawkeep.home.ollama-environment",
    "net.clawkeep.home.ollama",
    "compose project claw-home",
  ]);
  expect(names(firewallOf(specOf("bare-metal")))).toEqual(["firewall table claw_home"]);
  expect(firewallOf(specOf("notebook"))).toEqual([]);
});

test("Open WebUI is started with the rest where the spec has it, and goes when it does not", () => {
  const filesOf = (more: string): readonly string[] =>
    foreignServices(specOf("cage", more), "rendered", "compose").flatMap((one) =>
      one.by === "compose" ? one.files.map((file) => path.basename(file)) : [],
    );
  expect(filesOf("extras: {openWebui: {}}\n")).toEqual(["compose.yaml", "compose.webui.yaml"]);
  // Its container is then one that no file names, and compose is told to remove those.
  expect(filesOf("")).toEqual(["compose.yaml"]);
});
