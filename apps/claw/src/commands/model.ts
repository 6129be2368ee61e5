import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { catalogue } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { printData, printJson } from "../output/print.ts";
import { changeSpec } from "../place/change-spec.ts";
import type { ChangeOptions } from "../place/change-spec.ts";
import { operatedOf } from "../place/operated.ts";
import { specOrFindings } from "../place/spec-file.ts";

/** Options of `model` and `agent-switch` as they were written. */
export interface ModelOptions extends ChangeOptions {
  readonly name?: string;
  readonly json?: boolean;
}

/** Says which model answers first, or has another one do it. */
export async function chooseModel(ref: string | undefined, options: ModelOptions): Promise<number> {
  const operated = operatedOf(options.name);
  if (ref !== undefined) {
    return changeSpec(operated, [{ path: ["models", "primary"], value: ref }], options);
  }
  const spec = specOrFindings(operated.card.spec);
  if (spec === undefined) return 1;
  const { primary, fallbacks } = spec.models;
  if (options.json === true) printJson({ version: 1, primary, fallbacks });
  else for (const model of [primary, ...fallbacks]) printData(escapeForTerminal(model));
  return 0;
}

/**
 * Lists the named agents, or has one of them answer where none is named: its model becomes the first one. An agent
 * of the catalogue that the spec does not name is added to it.
 */
export async function switchAgent(
  agent: string | undefined,
  options: ModelOptions,
): Promise<number> {
  const operated = operatedOf(options.name);
  const spec = specOrFindings(operated.card.spec);
  if (spec === undefined) return 1;
  const agents = knownAgents(spec);
  if (agent === undefined) {
    const { primary } = spec.models;
    if (options.json === true) printJson({ version: 1, primary, agents });
    for (const { name, model, isNamed } of options.json === true ? [] : agents) {
      const mark = model === primary ? "*" : isNamed ? " " : "-";
      printData(escapeForTerminal(`${mark} ${name}  ${model}`));
    }
    return 0;
  }
  const chosen = agents.find(({ name }) => name === agent);
  if (chosen === undefined) {
    throw new CodedError({
      code: "AGENT_UNKNOWN",
      message: `expected one of ${agents.map(({ name }) => name).join(", ")}, got ${agent}`,
      hint: "agents: in deploy.yaml names others.",
    });
  }
  const { name, model, isNamed } = chosen;
  return changeSpec(
    operated,
    [
      { path: ["models", "primary"], value: model },
      ...(isNamed ? [] : [{ path: ["agents", name], value: { model } }]),
    ],
    options,
  );
}

interface KnownAgent {
  readonly name: string;
  readonly model: string;
  /** Whether the spec names it; the others are those of the catalogue. */
  readonly isNamed: boolean;
}

function knownAgents(spec: DeploymentSpec): readonly KnownAgent[] {
  const named = Object.entries(spec.agents).map(([name, { model }]) => ({
    name,
    model,
    isNamed: true,
  }));
  const others = catalogue.flatMap(({ ref, agent }) =>
    agent === undefined || Object.hasOwn(spec.agents, agent)
      ? []
      : [{ name: agent, model: ref, isNamed: false }],
  );
  return [...named, ...others];
}
