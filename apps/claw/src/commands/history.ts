import { existsSync } from "node:fs";
import path from "node:path";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { readHistory } from "@clawkeep/provision";

import { printData, printJson } from "../output/print.ts";
import { knownStoreOf } from "../place/deployment.ts";

/** Lists every attempt to change a deployment, oldest first. */
export async function listHistory(
  name: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const store = knownStoreOf(name);
  const records = await readHistory(store);
  if (options.json === true) {
    printJson({ version: 1, name, records });
    return 0;
  }
  for (const { number, at, kind, of, outcome, reason, files, state } of records) {
    const what = of === undefined ? kind : `${kind} to ${of}`;
    const why = reason === undefined ? "" : `: ${reason}`;
    const archive = path.join(store, "backups", state?.archive ?? "");
    const where = existsSync(archive) ? archive : "an archive that is not kept any more";
    const before = state === undefined ? "" : `  state of before: ${where}`;
    printData(
      escapeForTerminal(
        `${number}  ${at}  ${what}  ${outcome}  ${files.length} files${before}${why}`,
      ),
    );
  }
  return 0;
}
