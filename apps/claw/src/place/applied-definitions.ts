import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { readDefinition } from "@clawkeep/provision";
import type { ServiceDefinition } from "@clawkeep/provision";

import { storeOf } from "./deployment.ts";

/** Definitions that were applied, in the order of their start. */
export function appliedDefinitions(name: string): readonly ServiceDefinition[] {
  const folder = path.join(storeOf(name), "run");
  if (!existsSync(folder)) return [];
  const order = ["ollama", "ollama-gate", "egress", "skills", "gateway", "front"];
  return readdirSync(folder)
    .filter((file) => /^[a-z0-9][a-z0-9-]*\.json$/u.test(file))
    .map((file) => readDefinition(path.join(folder, file)))
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}
