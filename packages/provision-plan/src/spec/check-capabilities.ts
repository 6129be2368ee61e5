import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";
import type { WrittenSpec } from "./written-spec.ts";

/** Names that our own servers have. */
const taken: ReadonlySet<string> = new Set(["clawkeep", "github"]);

/** What a deployment may search, and which servers of MCP it may ask. */
export function checkCapabilities(
  spec: DeploymentSpec,
  written: WrittenSpec,
): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (spec.capabilities.webSearch === "ollama" && spec.profile.gateway !== "process") {
    problems.push({
      code: "DEPLOY_SEARCH_BEHIND_GATE",
      severity: "error",
      path: ["capabilities", "webSearch"],
      message: `expected a search with a key of its own in profile ${spec.profile.name}, got ollama: its path leads through the host's Ollama to ollama.com under the operator's login, and the proxy in front of Ollama refuses it`,
      hint: "Take gemini or grok: their host is a row of the allowlist (C25; docs/decisions/0019).",
    });
  }
  for (const [name, server] of Object.entries(written.mcp ?? {})) {
    const path = ["mcp", name];
    if (taken.has(name)) {
      problems.push({
        code: "DEPLOY_MCP_NAME",
        severity: "error",
        path,
        message: `expected a name of its own, got ${name}, which is that of a server of ours`,
        hint: "Choose another one. GitHub is capabilities: {github: read}.",
      });
    }
    if ((server.command === undefined) === (server.url === undefined)) {
      problems.push({
        code: "DEPLOY_MCP_SERVER",
        severity: "error",
        path,
        message: "expected command or url, one of them",
        hint: "A program by its absolute path, or https://HOST/PATH (T20).",
      });
    }
    if (server.url !== undefined && server.args !== undefined) {
      problems.push({
        code: "DEPLOY_MCP_SERVER",
        severity: "error",
        path: [...path, "args"],
        message: "expected no arguments beside url, got some",
        hint: "Remove args.",
      });
    }
    if (server.command !== undefined && spec.profile.gateway === "container") {
      problems.push({
        code: "DEPLOY_MCP_BESIDE_SECRETS",
        severity: "error",
        path: [...path, "command"],
        message: `expected url in profile ${spec.profile.name}, got a program: it would run beside the files in /run/secrets, as their owner`,
        hint: "Run it elsewhere and name its url, or make a skill of it.",
      });
    }
  }
  return problems;
}
