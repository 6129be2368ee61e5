import { expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { checkInstances } from "./check-instances.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import { parseSpec } from "./parse-spec.ts";
import { plainSpecs } from "./specs.cases.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

function specOf(profile: string, more: string): DeploymentSpec {
  const found = plainSpecs.find(({ name }) => name === profile)?.text ?? "";
  const { spec, findings } = parseSpec(Buffer.from(found + more), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

test.each(plainSpecs)("S13: four tenants of $name share nothing of the host", ({ name }) => {
  const tenants = [0, 1, 2, 31].map((instance) =>
    specOf(name, `name: tenant-${instance}\ninstance: ${instance}\n`),
  );
  expect(checkInstances(tenants, place)).toEqual([]);
});

test("S13: tenants of different profiles stand on one host", () => {
  const tenants = ["bare-metal", "cage", "credentialless", "hybrid", "vps", "podman"].map(
    (name, instance) => specOf(name, `name: ${name}\ninstance: ${instance}\n`),
  );
  expect(checkInstances(tenants, place)).toEqual([]);
});

test.each([
  ["one name", "cage", ["", "instance: 1\n"], /name claw/u],
  ["one port", "cage", ["name: a\n", "name: b\n"], /port 18789/u],
  ["one user", "cage", ["name: a\n", "name: b\ngateway: {port: 20000}\n"], /user 2000/u],
  [
    "one port of Ollama",
    "bare-metal",
    ["name: a\n", "name: b\ngateway: {port: 20000}\n"],
    /port 11434/u,
  ],
  [
    "the port of another's browser control",
    "bare-metal",
    ["name: a\n", "name: b\ninstance: 1\ngateway: {port: 18791}\n"],
    /port 18791/u,
  ],
] as const)("S13: two tenants with %s are told apart", (_what, profile, more, said) => {
  const clashes = checkInstances(
    more.map((one) => specOf(profile, one)),
    place,
  );
  expect(clashes.map(({ message }) => message).join("\n")).toMatch(said);
});

test("S13: state, socket, log and index of a tenant are folders that its name is in", () => {
  const texts = (name: string, instance: number): string =>
    renderDeployment(specOf("bare-metal", `name: ${name}\ninstance: ${instance}\n`), place)
      .map(({ path, text }) => `${path}\n${text}`)
      .join("\n");
  const paths = (text: string): readonly string[] => [
    ...new Set(text.match(/\/(?:var\/lib|run|etc)\/claw-[a-z0-9-]+/gu)),
  ];
  const [first, second] = [paths(texts("one", 0)), paths(texts("two", 1))];
  expect(first.length).toBeGreaterThan(4);
  expect(second.filter((one) => first.includes(one))).toEqual([]);
  expect(texts("two", 1)).toContain("CLAWKEEP_HOME=/var/lib/claw-two-skills/clawkeep");
  expect(texts("two", 1)).not.toMatch(/:(?:11434|11435|18789)\b/u);
});
