import { readFileSync, statSync } from "node:fs";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";
import {
  editSpec,
  judgeHost,
  parseSpec,
  planDeployment,
  readHostFacts,
} from "@clawkeep/provision-plan";
import type { SpecEdit } from "@clawkeep/provision-plan";

import { applySpec } from "../commands/apply.ts";
import { printPlan } from "../commands/plan.ts";
import { confirmed } from "../output/confirm.ts";
import { findingsText, printData, printNote } from "../output/print.ts";
import { deploymentFiles } from "./deployment-folder.ts";
import { thisHost } from "./host-reader.ts";
import type { Operated } from "./operated.ts";
import { thisPlace } from "./render-place.ts";

/** Options of every command that changes a spec. */
export interface ChangeOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly withoutModel?: boolean;
}

/**
 * Changes `deploy.yaml`, shows what that changes in the deployment, asks, and applies it. What does not hold, or what
 * this machine cannot run, is refused with its reason; the file is then as it was, also when applying put all back.
 */
export async function changeSpec(
  { card }: Operated,
  edits: readonly SpecEdit[],
  options: ChangeOptions,
): Promise<number> {
  const before = readFileSync(card.spec, "utf8");
  const after = editSpec(before, edits);
  if (after === before) {
    printData(escapeForTerminal(`${card.spec} says so already`));
    return 0;
  }
  const { spec, findings } = parseSpec(Buffer.from(after), card.spec);
  process.stderr.write(findingsText(findings));
  if (spec === undefined) return 1;
  const problems = judgeHost(spec, readHostFacts(thisHost()));
  for (const { severity, code, message, rows } of problems) {
    printNote(escapeForTerminal(`${severity} ${code}: ${message} (${rows.join(", ")})`));
  }
  if (problems.some(({ severity }) => severity === "error")) return 1;
  for (const line of changedLines(before, after)) printData(escapeForTerminal(line));
  printPlan(planDeployment(spec, thisPlace(), deploymentFiles(card.folder)));
  if (options.dryRun === true) return 0;
  if (!(await confirmed("apply it?", options.yes === true))) return 1;
  const mode = statSync(card.spec).mode & 0o777;
  await replaceFile(card.spec, after, { mode });
  let code = 2;
  try {
    code = await applySpec(card.spec, {
      folder: card.folder,
      ...(options.withoutModel === true ? { withoutModel: true } : {}),
    });
  } finally {
    if (code !== 0) await replaceFile(card.spec, before, { mode });
  }
  return code;
}

/** Lines of the old text that go, and of the new one that come. */
function changedLines(before: string, after: string): readonly string[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}
