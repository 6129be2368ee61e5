import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { parseSpec } from "../spec/parse-spec.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

function tunnel(more: string): string {
  const text = `deploy: 1\nprofile: bare-metal\nmodels: {primary: ollama/gpt-oss:20b}\n${more}`;
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderDeployment(spec, place).find(({ kind }) => kind === "ssh-config")?.text ?? "";
}

test("T12: a tunnel leads from loopback to loopback, at the gateway's port, and is only that", () => {
  const text = tunnel("gateway: {exposure: ssh, port: 20123}\n");
  expect(text).toContain("LocalForward 127.0.0.1:20123 127.0.0.1:20123\n");
  expect(text).toContain("SessionType none\n");
  expect(tunnel("")).toBe("");
});

test("T12: ssh reads the file as it was meant", (context) => {
  if (spawnSync("ssh", ["-V"], { stdio: "ignore" }).error !== undefined)
    context.skip("no ssh here");
  const folder = mkdtempSync(path.join(tmpdir(), "claw-ssh-"));
  const file = path.join(folder, "ssh_config");
  writeFileSync(file, tunnel("gateway: {exposure: ssh}\n"));
  const { status, stdout } = spawnSync("ssh", ["-G", "-F", file, "claw.example.net"], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
  expect(stdout.split("\n")).toContain("localforward [127.0.0.1]:18789 [127.0.0.1]:18789");
  expect(stdout.split("\n")).toContain("exitonforwardfailure yes");
});
