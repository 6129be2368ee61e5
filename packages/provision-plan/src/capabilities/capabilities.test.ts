import { describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { renderOpenClawConfig } from "../openclaw/render-config.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { richSpecs } from "../spec/specs.cases.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/bin/clawkeep-skill" };

function named(name: string): DeploymentSpec {
  const text = richSpecs.find((one) => one.name === name)?.text ?? "";
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return spec;
}

function file(spec: DeploymentSpec, path: string): string {
  return renderDeployment(spec, place).find((one) => one.path === path)?.text ?? "";
}

describe("C25: a search with a key, and what is read on GitHub", () => {
  const spec = named("channels, search and a command for secrets");

  test("are off unless the spec has them", () => {
    const plain = renderOpenClawConfig(named("bare-metal of one user"), place);
    expect(plain.tools.web).toEqual({ search: { enabled: false }, fetch: { enabled: false } });
    expect(plain.plugins).toBeUndefined();
    expect(Object.keys(plain.mcp.servers)).toEqual(["clawkeep"]);
  });

  test("hold a reference and no key, and no token at all for GitHub", () => {
    const config = renderOpenClawConfig(spec, place);
    expect(config.plugins?.entries["google"]?.config.webSearch.apiKey).toEqual({
      source: "file",
      provider: "search-key",
      id: "value",
    });
    expect(config.secrets.providers["search-key"]).toMatchObject({ source: "file" });
    expect(config.mcp.servers["github"]).toMatchObject({
      url: "https://api.githubcopilot.com/mcp/readonly",
      auth: "oauth",
    });
    expect(file(spec, "units/claw-claw-gateway.service")).toContain("LoadCredential=search-key:");
  });

  test("are rows of the allowlist and of the exposed page", () => {
    const squid = file(spec, "config/squid.conf");
    const page = file(spec, "EXPOSED.md");
    for (const host of [
      "generativelanguage.googleapis.com",
      "api.githubcopilot.com",
      "github.com",
    ]) {
      expect(squid).toContain(`dstdomain -n ${host}\n`);
      expect(page).toContain(`${host}:443, through the allowlist proxy`);
    }
    expect(page).toContain("GitHub, read-only");
    expect(page).toContain("**private-data-and-outward**");
  });
});

describe("T20: servers of MCP", () => {
  const spec = named("servers of MCP");
  const { servers } = renderOpenClawConfig(spec, place).mcp;

  test("are native, each with the tools that were named and no others", () => {
    expect(servers["files"]).toEqual({
      command: "/opt/tools/files",
      args: ["--root", "/srv/public"],
      toolFilter: { include: ["list", "read"] },
    });
    expect(servers["pages"]).toEqual({
      url: "https://mcp.example.net/v1",
      transport: "streamable-http",
      toolFilter: { include: ["search"] },
    });
    expect(renderOpenClawConfig(spec, place).tools.alsoAllow).toContain("bundle-mcp");
  });

  test("are the same in mcporter's file, which takes nothing of an editor along", () => {
    const mcporter = JSON.parse(file(spec, "config/mcporter.json")) as {
      readonly mcpServers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly imports: unknown;
    };
    expect(mcporter.imports).toEqual([]);
    expect(Object.keys(mcporter.mcpServers)).toEqual(Object.keys(servers));
    for (const [name, server] of Object.entries(servers)) {
      expect(mcporter.mcpServers[name]).toMatchObject(
        "command" in server
          ? { command: server.command, args: server.args }
          : { baseUrl: server.url },
      );
    }
    expect(file(named("bare-metal of one user"), "config/mcporter.json")).toBe("");
  });

  test("are reached by their host and no other", () => {
    expect(file(spec, "config/squid.conf")).toContain("dstdomain -n mcp.example.net\n");
    expect(file(spec, "EXPOSED.md")).toContain("**mcp-command**");
  });
});
