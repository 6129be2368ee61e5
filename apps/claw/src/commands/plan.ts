import { escapeForTerminal } from "@clawkeep/diagnostics";
import { planDeployment } from "@clawkeep/provision-plan";
import type { Plan, PlannedChange } from "@clawkeep/provision-plan";

import { printData, printJson } from "../output/print.ts";
import { deploymentFiles } from "../place/deployment-folder.ts";
import { thisPlace } from "../place/render-place.ts";
import { specOrFindings } from "../place/spec-file.ts";

/** Options of `plan` as they were written. */
export interface PlanOptions {
  readonly folder: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Shows what would change in a deployment's folder, what that does to what runs, and what stays exposed. */
export function planSpec(file: string, options: PlanOptions): number {
  const spec = specOrFindings(file);
  if (spec === undefined) return 1;
  const plan = planDeployment(spec, thisPlace(), deploymentFiles(options.folder));
  if (options.json === true) printJson(plan);
  else printPlan(plan);
  return options.check === true && plan.changes.length > 0 ? 1 : 0;
}

/** Prints a plan for a person. */
export function printPlan({ name, profile, changes, unchanged, effects, exposed }: Plan): void {
  printData(`${name} (${profile}): ${changes.length} to change, ${unchanged} as they should be`);
  for (const change of changes) printChange(change);
  const touched = Object.entries(effects).filter(([, effect]) => effect !== "nothing");
  for (const [part, effect] of touched) printData(escapeForTerminal(`${effect.padEnd(8)} ${part}`));
  if (touched.length === 0) printData("nothing  that runs is touched");
  printData("");
  printData(escapeForTerminal(exposed, { keepNewlines: true }));
}

function printChange({ action, effect, path, differences }: PlannedChange): void {
  printData(escapeForTerminal(`${action.padEnd(6)} ${path} (${effect})`));
  for (const { at, from, to } of differences) {
    if (from !== undefined) printData(escapeForTerminal(`  - ${at}: ${from}`));
    if (to !== undefined) printData(escapeForTerminal(`  + ${at}: ${to}`));
  }
}
