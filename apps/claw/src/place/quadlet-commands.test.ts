import { execFileSync } from "node:child_process";

import { parseSpec, renderDeployment } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";
import { expect, test } from "vitest";

import { quadletCommands } from "./quadlet-commands.ts";
import { thisPlace } from "./render-place.ts";
import { startedDeployment } from "./start-deployment.ts";

function spec(): DeploymentSpec {
  const text = "deploy: 1\nname: home\nprofile: podman\nmodels: {primary: ollama/gpt-oss:20b}\n";
  const { spec: found, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (found === undefined) throw new Error(JSON.stringify(findings));
  return found;
}

test("every image that a Quadlet runs is built, and every secret that one names is made", () => {
  const commands = quadletCommands(spec(), "rendered").join("\n");
  const quadlets = renderDeployment(spec(), thisPlace())
    .filter(({ kind }) => kind === "quadlet")
    .map(({ text }) => text)
    .join("\n");
  const images = new Set([...quadlets.matchAll(/^Image=(\S+)$/gmu)].map(([, image]) => image));
  expect(images.size).toBeGreaterThan(1);
  for (const image of images) expect(commands).toContain(`--tag ${String(image)} --target `);
  const secrets = [...quadlets.matchAll(/^Secret=([^,]+),/gmu)].map(([, name]) => name);
  expect(secrets.length).toBeGreaterThan(0);
  for (const name of secrets) expect(commands).toContain(`create --replace ${String(name)} `);
  expect(commands.split("\n").at(-1)).toBe("systemctl --user start claw-home-gateway.service");
});

test("every file that Podman or a container reads is put where it is looked for", () => {
  const commands = quadletCommands(spec(), "rendered");
  for (const { path, kind, install } of renderDeployment(spec(), thisPlace())) {
    if (kind !== "quadlet" && kind !== "openclaw-config") continue;
    const mode = kind === "quadlet" ? "0644" : "0600";
    expect(commands).toContain(`install -D -m ${mode} rendered/${path} ${String(install)}`);
  }
});

test("a folder with spaces and quotes stays one word", () => {
  const folder = "my folder's $(id)";
  const [first = ""] = quadletCommands(spec(), folder);
  const words = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${first}`], { encoding: "utf8" });
  expect(words.trimEnd().split("\n").at(-1)).toBe(folder);
});

test("apply --start refuses Quadlets and says what to type", () => {
  expect(() => startedDeployment(spec(), { folder: "rendered" })).toThrow(
    expect.objectContaining({
      code: "START_QUADLET",
      hint: expect.stringContaining("systemctl --user start claw-home-gateway.service") as string,
    }) as Error,
  );
});
