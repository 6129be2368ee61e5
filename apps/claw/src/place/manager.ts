import { existsSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { ForeignService, KeptService } from "@clawkeep/provision";
import { renderDeployment } from "@clawkeep/provision-plan";
import type { Artifact, DeploymentSpec } from "@clawkeep/provision-plan";

import { storeOf } from "./deployment.ts";
import { thisPlace } from "./render-place.ts";

/** What keeps the processes of a deployment. */
export type Manager = "supervised" | "systemd" | "launchd" | "compose";

const managers: readonly Manager[] = ["supervised", "systemd", "launchd", "compose"];

/**
 * The manager that was named; otherwise the one that the profile is made for where it is there, and a supervisor of our
 * own where none is.
 *
 * @throws CodedError `START_MANAGER`
 */
export function managerOf(
  spec: DeploymentSpec,
  named: string | undefined,
  exists: (at: string) => boolean = existsSync,
): Manager {
  const { gateway } = spec.profile;
  const possible: readonly Manager[] =
    gateway === "container"
      ? spec.profile.name === "podman"
        ? []
        : ["compose", "supervised"]
      : gateway === "process"
        ? ["supervised"]
        : ["systemd", "supervised"];
  if (named !== undefined) {
    const found = managers.find((one) => one === named);
    if (found !== undefined && (possible.includes(found) || found === "launchd")) return found;
    throw new CodedError({
      code: "START_MANAGER",
      message: `expected one of ${possible.join(", ")} for ${spec.profile.name}, got ${named}`,
      hint: "Leave it out: the one that is here is taken.",
    });
  }
  // What sd_booted(3) asks.
  if (possible.includes("systemd") && exists("/run/systemd/system")) return "systemd";
  if (possible.includes("compose") && exists("/var/run/docker.sock")) return "compose";
  return "supervised";
}

/**
 * The services of a deployment whose manager is the machine's own.
 *
 * @param folder Where the deployment's files lie.
 */
export function foreignServices(
  spec: DeploymentSpec,
  folder: string,
  manager: Exclude<Manager, "supervised">,
): readonly ForeignService[] {
  const artifacts = renderDeployment(spec, thisPlace());
  const installed = artifacts.flatMap((one) =>
    one.install === undefined ? [] : [{ ...one, install: one.install }],
  );
  const agents = installed
    .filter(({ kind }) => kind === "launchd-plist")
    .map(({ install }): ForeignService => {
      const label = path.basename(install, ".plist");
      return { by: "launchd", label, plist: install, uid: process.getuid?.() ?? 0 };
    });
  if (manager === "launchd") return agents;
  if (manager === "compose") {
    const names = artifacts.filter(({ kind }) => kind === "compose").map(({ path: name }) => name);
    // What the spec has is part of every start; a GPU and the fetching of models are asked for.
    const started = ["compose.yaml", "compose.internet.yaml", "compose.webui.yaml"];
    const wanted = started.filter((name) => names.includes(name));
    const files = wanted.map((name) => path.resolve(folder, name));
    const { stopSeconds } = spec.gateway;
    // Containers reach what runs natively beside them.
    return [...agents, { by: "compose", name: `claw-${spec.name}`, files, stopSeconds }];
  }
  return installed
    .filter(({ kind }) => kind === "systemd-unit")
    .toSorted((a, b) => orderOf(a) - orderOf(b))
    .map(({ install }): ForeignService => ({
      by: "systemd",
      unit: path.basename(install),
      scope: install.startsWith("/etc/") ? "system" : "user",
    }));
}

/** What others need is started first. */
function orderOf({ path: name }: Artifact): number {
  const roles = ["ollama.", "ollama-gate.", "egress.", "skills.", "gateway."];
  return roles.findIndex((role) => name.includes(`-${role}`));
}

/** Which manager a generation was started with; undefined where nothing was. */
export function managerOfKept(kept: readonly KeptService[]): Manager | undefined {
  const found = kept.map(({ by }) => by);
  if (found.includes("supervisor")) return "supervised";
  return (["compose", "systemd", "launchd"] as const).find((one) => found.includes(one));
}

/** The firewall of a deployment on a host: before everything that it holds back. */
export function firewallOf(spec: DeploymentSpec): readonly ForeignService[] {
  return renderDeployment(spec, thisPlace())
    .filter(({ kind }) => kind === "nftables")
    .flatMap(({ install }) =>
      install === undefined
        ? []
        : [
            {
              by: "nftables",
              table: `claw_${spec.name.replaceAll("-", "_")}`,
              file: install,
              preImage: path.join(storeOf(spec.name), "firewall.nft"),
            },
          ],
    );
}
