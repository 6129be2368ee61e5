import { escapeForTerminal } from "@clawkeep/diagnostics";
import { syncSkill } from "@clawkeep/skill-authoring";

import { printData, printJson } from "../output/print.ts";
import { findWorkspace } from "../place/workspace.ts";
import { namedOrAll } from "./check.ts";

/** Options of `sync` as they were written. */
export interface SyncOptions {
  readonly workspace?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Makes each SKILL.md agree with its contract, or with `--check` says which do not. */
export async function syncSkills(
  folders: readonly string[],
  options: SyncOptions,
): Promise<number> {
  const results = [];
  for (const folder of namedOrAll(folders, () => findWorkspace(options.workspace))) {
    results.push({ folder, ...(await syncSkill(folder, options.check === true)) });
  }
  const ok = options.check !== true || results.every(({ drifted }) => !drifted);
  if (options.json === true) printJson({ version: 1, ok, skills: results });
  else {
    for (const { folder, drifted, difference } of results) {
      const mark = drifted ? (options.check === true ? "drift  " : "written") : "same   ";
      printData(`${mark} ${escapeForTerminal(folder)}`);
      if (drifted) printData(escapeForTerminal(difference, { keepNewlines: true }));
    }
  }
  return ok ? 0 : 1;
}
