import { rolesOf } from "../layout/accounts.ts";
import { ports, portsOf } from "../profiles/ports.ts";
import { placeOfModel } from "./check-models.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";

/** Ports, ways in, ways out, and memory. */
export function checkAccess(spec: DeploymentSpec): readonly SpecProblem[] {
  return [
    ...portClashes(spec),
    ...waysIn(spec),
    ...openWebui(spec),
    ...waysOut(spec),
    ...memory(spec),
  ];
}

function portClashes(spec: DeploymentSpec): readonly SpecProblem[] {
  const { port } = spec.gateway;
  const { ollama, gateBesideOllama, egressProxy } = portsOf(spec);
  const taken: readonly [number, string][] = [
    [ollama, "Ollama"],
    [gateBesideOllama, "the proxy in front of Ollama"],
    [egressProxy, "the proxy to the outside"],
    ...(spec.extras.openWebui === undefined
      ? []
      : [[spec.extras.openWebui.port, "Open WebUI"] as [number, string]]),
  ];
  return taken
    .filter(([other]) => other === port || other === port + ports.browserOffset)
    .map(([other, what]) => ({
      code: "DEPLOY_PORT_TAKEN",
      severity: "error" as const,
      path: ["gateway", "port"],
      message: `expected a port of its own, got ${port}: ${other} is the port of ${what}`,
      hint: `The gateway uses ${port}, and ${port + ports.browserOffset} for browser control (C27).`,
    }));
}

function waysIn(spec: DeploymentSpec): readonly SpecProblem[] {
  const { auth, exposure, origins, ui, users } = spec.gateway;
  const problems: SpecProblem[] = [];
  if (auth === "none" && (spec.profile.name !== "notebook" || exposure !== "loopback")) {
    problems.push({
      code: "DEPLOY_NO_AUTH",
      severity: "error",
      path: ["gateway", "auth"],
      message: `expected a token, got none in profile ${spec.profile.name} with exposure ${exposure}`,
      hint: "Only a notebook on loopback can do without one (S5).",
    });
  }
  if ((exposure === "caddy" || exposure === "tailscale") && spec.profile.bind !== "loopback") {
    problems.push({
      code: "DEPLOY_EXPOSURE",
      severity: "error",
      path: ["gateway", "exposure"],
      message: `expected loopback or ssh in profile ${spec.profile.name}, got ${exposure}`,
      hint: "The proxy that is trusted must have an address of its own: take vps or bare-metal.",
    });
  }
  if (auth === "trusted-proxy" && users.length === 0) {
    problems.push({
      code: "DEPLOY_TRUSTED_PROXY_USERS",
      severity: "error",
      path: ["gateway"],
      message:
        "expected the users that the proxy may bring, got none: anybody whom it knows would be the operator",
      hint: "Write users: [alice@example.net] (S13).",
    });
  }
  if (auth === "trusted-proxy" && exposure !== "caddy") {
    problems.push({
      code: "DEPLOY_TRUSTED_PROXY",
      severity: "error",
      path: ["gateway", "auth"],
      message: `expected exposure: caddy beside auth: trusted-proxy, got ${exposure}`,
      hint: "Without the proxy in front anybody could write the header that says who they are (S5).",
    });
  }
  if ((exposure === "caddy" || exposure === "tailscale") && ui && origins.length === 0) {
    problems.push({
      code: "DEPLOY_ORIGINS",
      severity: "error",
      path: ["gateway", "origins"],
      message: `expected the origin that browsers use with exposure ${exposure}, got none`,
      hint: "Write origins: [https://HOST] exactly as the address bar shows it (T14).",
    });
  }
  return problems;
}

/** It asks the proxy in front of Ollama, on a network that the two of them have. */
function openWebui(spec: DeploymentSpec): readonly SpecProblem[] {
  if (spec.extras.openWebui === undefined) return [];
  const { gateway, name, ollama } = spec.profile;
  const hasNetwork = gateway === "container" && name !== "podman" && ollama !== "same-container";
  const asksOllama = rolesOf(spec).includes("ollama-gate");
  if (hasNetwork && asksOllama) return [];
  return [
    {
      code: "DEPLOY_OPEN_WEBUI",
      severity: "error",
      path: ["extras", "openWebui"],
      message: hasNetwork
        ? "expected a model of Ollama beside Open WebUI, got none"
        : `expected a profile whose containers have networks of their own, got ${name}`,
      hint: "It is for credentialless, cage, hybrid and macos, with an ollama/ model (C9).",
    },
  ];
}

function waysOut(spec: DeploymentSpec): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const isOffline = spec.egress.mode === "none";
  const outward = [
    ...Object.keys(spec.channels).map((name) => ["channels", name] as const),
    ...(spec.capabilities.webSearch === undefined ? [] : [["capabilities", "webSearch"] as const]),
    ...(spec.capabilities.github === undefined ? [] : [["capabilities", "github"] as const]),
    ...Object.entries(spec.mcp).flatMap(([name, server]) =>
      "url" in server && server.url.startsWith("https:") ? [["mcp", name] as const] : [],
    ),
  ];
  for (const path of isOffline ? outward : []) {
    problems.push({
      code: "DEPLOY_OFFLINE",
      severity: "error",
      path,
      message: `expected a way out for ${path[1]}, got egress none`,
      hint: "Write egress: {mode: allowlist, allow: […]} with the hosts that it needs (G23, C25).",
    });
  }
  const models = [
    spec.models.primary,
    ...spec.models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ];
  if (isOffline && models.some((ref) => placeOfModel(ref) === "openrouter")) {
    problems.push({
      code: "DEPLOY_OFFLINE",
      severity: "error",
      path: ["models"],
      message: "expected a way out for openrouter/ models, got egress none",
      hint: "Write egress: {mode: allowlist}; openrouter.ai is then on the list by itself (T7).",
    });
  }
  return problems;
}

/** Memory of the gateway alone: at 768 MB it was killed while it started, at 1024 MB it stayed. */
const smallestGatewayMb = 1024;

function memory(spec: DeploymentSpec): readonly SpecProblem[] {
  if (spec.limits.memoryMb >= smallestGatewayMb) return [];
  return [
    {
      code: "DEPLOY_MEMORY",
      severity: "error",
      path: ["limits", "memoryMb"],
      message: `expected at least ${smallestGatewayMb} MB for the gateway, got ${spec.limits.memoryMb}`,
      hint: "Idle it takes 950 to 1100 MB with its helpers; at 768 MB the kernel kills it (T4).",
    },
  ];
}
