import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { openClawProgram, readCard, readGatewaySettings } from "@clawkeep/provision";
import type {
  DeploymentCard,
  GatewaySettings,
  OpenClawPlace,
  ServiceDefinition,
} from "@clawkeep/provision";

import { appliedDefinitions } from "./applied-definitions.ts";
import { knownStoreOf } from "./deployment.ts";
import { openclawFolder } from "./openclaw-folder.ts";
import { readSpec } from "./spec-file.ts";

/** A deployment that was applied here, as the commands that operate it see it. */
export interface Operated {
  readonly store: string;
  readonly card: DeploymentCard;
  /** What its manager keeps, in the order of start; those of a supervisor of our own. */
  readonly definitions: readonly ServiceDefinition[];
}

/**
 * The deployment of that name; without one that of `deploy.yaml` in this folder, or the only one there is.
 *
 * @throws CodedError `DEPLOYMENT_UNKNOWN`, `DEPLOYMENT_CARD`
 */
export function operatedOf(name: string | undefined): Operated {
  const store = knownStoreOf(name ?? nameHere());
  const card = readCard(store);
  return { store, card, definitions: appliedDefinitions(card.name) };
}

/** A deployment before it is applied again. Where its card is lost, which apply writes anew, it is what it becomes. */
export function formerOf(store: string, next: DeploymentCard): Operated {
  const definitions = appliedDefinitions(next.name);
  try {
    return { store, card: readCard(store), definitions };
  } catch (error) {
    if (isCodedError(error) && error.code === "DEPLOYMENT_CARD") {
      return { store, card: next, definitions };
    }
    throw error;
  }
}

/** Settings of its gateway as they lie there now. */
export function settingsOf({ card }: Operated): GatewaySettings {
  const settings = readGatewaySettings(card.config);
  const { tokenFile } = settings;
  const isHere = card.manager === "process" || card.manager === "user-unit";
  // Elsewhere the gateway has a copy, at a path of its own; ours lies beside the other files.
  return isHere || tokenFile === undefined
    ? settings
    : { ...settings, tokenFile: path.join(card.folder, "secrets", path.basename(tokenFile)) };
}

/**
 * The OpenClaw of a deployment: the folder that was named, the one that its gateway runs from, or the cache.
 *
 * @throws CodedError `OPERATE_CONTAINER`, `OPENCLAW_MISSING`
 */
export function openClawOf(operated: Operated, named: string | undefined): OpenClawPlace {
  const { card, definitions } = operated;
  if (card.manager === "container") {
    throw new CodedError({
      code: "OPERATE_CONTAINER",
      message: `expected a deployment whose OpenClaw runs on this host, got ${card.profile}, where it is in a container`,
      hint: `claw shell ${card.name} opens one there.`,
    });
  }
  const [, program = ""] =
    /^(.+)\/node_modules\/openclaw\//u.exec(
      definitions.find(({ name: one }) => one === "gateway")?.args[0] ?? "",
    ) ?? [];
  const folder = path.resolve(named ?? (program === "" ? openclawFolder(undefined) : program));
  if (!existsSync(openClawProgram(folder))) {
    throw new CodedError({
      code: "OPENCLAW_MISSING",
      message: `expected node_modules/openclaw in ${folder}, got none`,
      hint: `npm install --prefix FOLDER --ignore-scripts openclaw@${card.openclaw}`,
    });
  }
  const variables = settingsOf(operated).variables.flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    node: process.execPath,
    folder,
    config: card.config,
    state: card.state,
    variables: Object.fromEntries(variables),
    ...(process.stdout.isTTY ? { terminal: process.env["TERM"] ?? "dumb" } : {}),
  };
}

/** Values that a log of the deployment must not show. */
export function secretsIn(operated: Operated): readonly string[] {
  const { tokenFile } = settingsOf(operated);
  const folder = tokenFile === undefined ? undefined : path.dirname(tokenFile);
  if (folder === undefined || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(folder, entry.name), "utf8").trim())
    .filter((value) => value !== "");
}

function nameHere(): string {
  if (existsSync("deploy.yaml")) {
    const { spec } = readSpec("deploy.yaml");
    if (spec !== undefined) return spec.name;
  }
  const folder = path.join(stateHome(process.env), "deployments");
  const known = existsSync(folder)
    ? readdirSync(folder).filter((name) => !name.startsWith("."))
    : [];
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  throw new CodedError({
    code: "DEPLOYMENT_UNKNOWN",
    message: `expected the name of a deployment, got none, and ${known.length === 0 ? "none was applied here" : `${known.length} were applied here: ${known.join(", ")}`}`,
    hint: "Name one, or call it in the folder of its deploy.yaml.",
  });
}
