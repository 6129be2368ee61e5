import { readFileSync } from "node:fs";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { renderOpenClawConfig } from "@clawkeep/provision-plan";

import { confirmed } from "../output/confirm.ts";
import { printData } from "../output/print.ts";
import { changeSpec } from "../place/change-spec.ts";
import type { ChangeOptions } from "../place/change-spec.ts";
import { operatedOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";
import { thisPlace } from "../place/render-place.ts";
import { specOrFindings } from "../place/spec-file.ts";
import { applySpec } from "./apply.ts";

/** Options of the `fix-` commands as they were written. */
export interface FixOptions extends ChangeOptions {
  readonly name?: string;
  readonly origin?: readonly string[];
}

/**
 * Lets browsers in that come from further origins, by the spec; without one sees that `openclaw.json` has those of
 * the spec, its port included.
 */
export async function fixOrigins(options: FixOptions): Promise<number> {
  const operated = operatedOf(options.name);
  const { origin: more = [] } = options;
  if (more.length === 0) {
    return repair(operated, "gateway.controlUi.allowedOrigins", options);
  }
  const spec = specOrFindings(operated.card.spec);
  if (spec === undefined) return 1;
  const value = [...new Set([...spec.gateway.origins, ...more])];
  return changeSpec(operated, [{ path: ["gateway", "origins"], value }], options);
}

/** Sees that OpenClaw has the key for Ollama without which it says "no API key"; Ollama itself asks for none. */
export async function fixOllamaAuth(options: FixOptions): Promise<number> {
  return repair(operatedOf(options.name), "models.providers.ollama", options);
}

async function repair(operated: Operated, key: string, options: FixOptions): Promise<number> {
  const { card } = operated;
  const spec = specOrFindings(card.spec);
  if (spec === undefined) return 1;
  const wanted = at(renderOpenClawConfig(spec, thisPlace()), key);
  const found = at(configOf(card.config), key);
  if (JSON.stringify(found) === JSON.stringify(wanted)) {
    printData(escapeForTerminal(`${card.config}: ${key} is as ${card.spec} says`));
    return 0;
  }
  printData(escapeForTerminal(`- ${key}: ${JSON.stringify(found) ?? "nothing"}`));
  printData(escapeForTerminal(`+ ${key}: ${JSON.stringify(wanted) ?? "nothing"}`));
  if (options.dryRun === true) return 0;
  const question = "write all files anew, over what was changed by hand?";
  if (!(await confirmed(question, options.yes === true))) return 1;
  return applySpec(card.spec, {
    folder: card.folder,
    overwriteDrift: true,
    ...(options.withoutModel === true ? { withoutModel: true } : {}),
  });
}

function configOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // What cannot be read is what is to be repaired.
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>(
      (found, name) =>
        typeof found === "object" && found !== null && Object.hasOwn(found, name)
          ? (found as Readonly<Record<string, unknown>>)[name]
          : undefined,
      value,
    );
}
