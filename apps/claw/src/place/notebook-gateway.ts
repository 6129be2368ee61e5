import { existsSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { gatewayGates, supervisedService } from "@clawkeep/provision";
import type { HealthGate, ServiceDefinition, ServicePort } from "@clawkeep/provision";
import { renderDeployment, renderOpenClawConfig } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { storeOf } from "./deployment.ts";
import { thisPlace } from "./render-place.ts";

/** The gateway of a notebook as a process: a folder's OpenClaw, the configuration where apply writes it. */
export function gatewayOf(spec: DeploymentSpec, openclaw: string): ServiceDefinition {
  const program = path.resolve(openclaw, "node_modules", "openclaw", "openclaw.mjs");
  const config = renderDeployment(spec, thisPlace()).find(
    ({ path: name }) => name === "config/openclaw.json",
  );
  const { secrets } = renderOpenClawConfig(spec, thisPlace());
  const token = Object.values(secrets.providers).find(({ source }) => source === "file");
  if (
    spec.profile.gateway !== "process" ||
    config?.install === undefined ||
    token?.source !== "file"
  ) {
    throw new CodedError({
      code: "START_PROFILE",
      message: `expected a notebook whose token is a file, got ${spec.profile.name}`,
      hint: "Other profiles are started by what they are made for: docker compose, systemctl.",
    });
  }
  if (!existsSync(program)) {
    throw new CodedError({
      code: "OPENCLAW_MISSING",
      message: `expected node_modules/openclaw in ${openclaw}, got none`,
      hint: "npm install --prefix FOLDER --ignore-scripts openclaw@2026.9.6",
    });
  }
  const state = path.dirname(path.dirname(token.path));
  return {
    name: "gateway",
    folder: path.join(storeOf(spec.name), "run"),
    program: process.execPath,
    args: [program, "gateway", "run"],
    environment: {
      HOME: state,
      NO_COLOR: "1",
      OPENCLAW_CONFIG_PATH: config.install,
      OPENCLAW_CONFIG_READONLY: "1",
      OPENCLAW_STATE_DIR: state,
      PATH: "/usr/local/bin:/usr/bin:/bin",
    },
    cwd: state,
    stopMs: spec.gateway.stopSeconds * 1000,
    restartMs: 1000,
  };
}

/** The service of a definition, kept by this very program. */
export function supervised(definition: ServiceDefinition): ServicePort {
  const launch = [process.execPath, ...process.execArgv, process.argv[1] ?? "", "supervise"];
  return supervisedService(definition, launch);
}

/** Asks a gateway of this host until it is ready, as long as apply does. */
export function readyGate(port: number): HealthGate {
  return {
    name: "gateway /readyz",
    check: async () => gatewayGates({ host: "127.0.0.1", port }).at(-1)?.check(),
  };
}
