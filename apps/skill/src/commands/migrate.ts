import { escapeForTerminal, formatFinding } from "@clawkeep/diagnostics";
import { migrateSkill } from "@clawkeep/skill-authoring";

import { printData, printJson } from "../output/print.ts";

/** Options of `migrate` as they were written. */
export interface MigrateCommandOptions {
  readonly dryRun?: boolean;
  readonly numbers?: boolean;
  readonly json?: boolean;
}

/** Moves the `exec` of each SKILL.md into a contract, and says what is left to a person. */
export async function migrateSkills(
  folders: readonly string[],
  options: MigrateCommandOptions,
): Promise<number> {
  const results = [];
  for (const folder of folders) {
    const migration = await migrateSkill(folder, {
      dryRun: options.dryRun === true,
      numbers: options.numbers === true,
    });
    results.push({ folder, ...migration });
  }
  const ok = results.every((result) => result.ok);
  if (options.json === true) printJson({ version: 1, ok, skills: results });
  else {
    for (const result of results) {
      const mark = result.written ? "written" : result.ok ? "would be" : "refused";
      const lines = [
        `${mark} ${result.folder}`,
        ...result.findings.map((finding) => formatFinding(finding)),
        ...(result.difference === "" ? [] : [result.difference]),
        ...result.changes.map((change) => `changed: ${change}`),
        ...result.decisions.map((decision) => `decide: ${decision}`),
      ];
      printData(escapeForTerminal(lines.join("\n"), { keepNewlines: true }));
    }
  }
  return ok ? 0 : 1;
}
