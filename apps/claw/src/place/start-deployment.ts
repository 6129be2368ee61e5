import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import {
  definitionFile,
  gatewayGates,
  runBeside,
  tagsGate,
  turnGate,
  withMessageBeside,
} from "@clawkeep/provision";
import type { DesiredFile, HealthGate, Place, ServiceDefinition } from "@clawkeep/provision";
import { gateAddress, modelsOf } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { appliedDefinitions } from "./applied-definitions.ts";
import { besideGateway } from "./beside-gateway.ts";
import { cagedServices, gateSocket, hostsFile, hostsText } from "./caged-services.ts";
import { hostServices } from "./host-services.ts";
import { gatewayOf } from "./notebook-gateway.ts";
import { openclawFolder } from "./openclaw-folder.ts";
import { quadletCommands } from "./quadlet-commands.ts";

/** What `apply` has to know to start a deployment. */
export interface StartOptions {
  /** Where the deployment's files lie. */
  readonly folder: string;
  /** Folder whose `node_modules` holds OpenClaw, for a notebook. */
  readonly openclaw?: string;
}

/** A deployment as processes that our own supervisor keeps. */
export interface StartedDeployment {
  /** In the order of start. */
  readonly definitions: readonly ServiceDefinition[];
  /** What the supervisor and its cages read. */
  readonly files: readonly DesiredFile[];
}

/**
 * The processes of a deployment.
 *
 * @throws CodedError `START_QUADLET`, `START_PROFILE`, `START_ROOT`, `OPENCLAW_MISSING`
 */
export function startedDeployment(spec: DeploymentSpec, options: StartOptions): StartedDeployment {
  const { gateway, name } = spec.profile;
  const isCaged = cagedProfiles.includes(name);
  if (name === "podman") {
    throw new CodedError({
      code: "START_QUADLET",
      message:
        "expected a profile that claw starts, got podman: images, secrets and units of a user are Podman's own",
      hint: `\`claw apply\` without --start, then, with Podman 4.7 or newer: ${quadletCommands(spec, options.folder).join(" && ")}`,
    });
  }
  if (gateway !== "process" && gateway !== "system-unit" && !isCaged) {
    throw new CodedError({
      code: "START_PROFILE",
      message: `expected a profile whose processes can be kept here, got ${name}`,
      hint: "It is started by what it is made for: docker compose, podman, systemctl --user, launchctl.",
    });
  }
  if (gateway !== "process" && (process.platform !== "linux" || process.getuid?.() !== 0)) {
    throw new CodedError({
      code: "START_ROOT",
      message: `expected root on Linux, which alone can be the users of ${name}, got uid ${process.getuid?.() ?? "none"}`,
      hint: "Run it as root, or choose the profile notebook.",
    });
  }
  const folder = path.resolve(options.folder);
  const definitions =
    gateway === "process"
      ? [gatewayOf(spec, openclawFolder(options.openclaw ?? formerOpenclaw(spec.name)))]
      : gateway === "system-unit"
        ? hostServices(spec, folder)
        : cagedServices(spec, folder);
  const hosts = { path: hostsFile(spec), mode: 0o644, bytes: Buffer.from(hostsText) };
  return {
    definitions,
    files: [...definitions.map(definitionFile), ...(isCaged ? [hosts] : [])],
  };
}

/** Container profiles whose containers can be cages; the others need what only a container engine has. */
const cagedProfiles: readonly string[] = ["cage", "hybrid"];

/** Where a notebook's OpenClaw was when it was started last. */
function formerOpenclaw(name: string): string | undefined {
  const program = appliedDefinitions(name).find((one) => one.name === "gateway")?.args[0] ?? "";
  return /^(.+)\/node_modules\/openclaw\//u.exec(program)?.[1];
}

/** What is asked of a model after a start. */
export interface ModelQuestion {
  readonly question: string;
  /** Is told the answer. */
  readonly heard: (answer: string) => void;
}

/**
 * Asks whether a deployment works: the gateway, Ollama where the gateway asks it, and one turn of the agent.
 *
 * @param asked Undefined where no model is to be asked.
 */
export function healthGates(
  spec: DeploymentSpec,
  definitions: readonly ServiceDefinition[],
  asked: ModelQuestion | undefined,
): readonly HealthGate[] {
  const gateway = gatewayGates({ host: "127.0.0.1", port: spec.gateway.port });
  if (asked === undefined) return gateway;
  const local = modelsOf(spec)
    .filter((ref) => ref.startsWith("ollama/"))
    .map((ref) => ref.slice("ollama/".length));
  const definition = definitions.find(({ name }) => name === "gateway");
  return [
    ...gateway,
    ...(local.length === 0 ? [] : [tagsGate(ollamaPlace(spec), local)]),
    ...(definition === undefined ? [] : [turnGate(turnOf(spec, definition, asked), asked.heard)]),
  ];
}

function ollamaPlace(spec: DeploymentSpec): Place {
  const { hostname, port, host } = new URL(gateAddress(spec));
  return spec.profile.gateway === "container"
    ? { socket: gateSocket(spec), hostHeader: host }
    : { host: hostname, port: Number(port) };
}

function turnOf(
  spec: DeploymentSpec,
  gateway: ServiceDefinition,
  { question }: ModelQuestion,
): () => ReturnType<typeof runBeside> {
  // A session of its own, so that no conversation holds what apply asks.
  const agent = ["agent", "--agent", "main", "--session-key", "claw-apply", "--json"];
  const timeoutMs = spec.models.timeoutSeconds * 1000;
  return () =>
    withMessageBeside(gateway, question, (file) => {
      const definition = besideGateway(gateway, [...agent, "--message-file", file]);
      return runBeside(definition, { args: definition.args, timeoutMs });
    });
}
