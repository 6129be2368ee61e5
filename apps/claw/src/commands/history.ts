import { escapeForTerminal } from "@clawkeep/diagnostics";
import { readHistory } from "@clawkeep/provision";

import { printData, printJson } from "../output/print.ts";
import { knownStoreOf } from "../place/deployment.ts";

/** Lists every attempt to change a deployment, oldest first. */
export async function listHistory(
  name: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const records = await readHistory(knownStoreOf(name));
  if (options.json === true) {
    printJson({ version: 1, name, records });
    return 0;
  }
  for (const { number, at, kind, of, outcome, reason, files } of records) {
    const what = of === undefined ? kind : `${kind} to ${of}`;
    const why = reason === undefined ? "" : `: ${reason}`;
    printData(
      escapeForTerminal(`${number}  ${at}  ${what}  ${outcome}  ${files.length} files${why}`),
    );
  }
  return 0;
}
