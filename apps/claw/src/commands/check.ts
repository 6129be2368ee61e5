import { escapeForTerminal } from "@clawkeep/diagnostics";
import { judgeHost, readHostFacts } from "@clawkeep/provision-plan";

import { findingsText, printData, printJson } from "../output/print.ts";
import { thisHost } from "../place/host-reader.ts";
import { readSpec } from "../place/spec-file.ts";

/** Options of `check` as they were written. */
export interface CheckOptions {
  readonly host?: boolean;
  readonly json?: boolean;
}

/** Says everything that is wrong with a spec, and with `--host` why this machine cannot run it. */
export function checkSpecFile(file: string, options: CheckOptions): number {
  const { spec, findings } = readSpec(file);
  const problems =
    spec === undefined || options.host !== true ? [] : judgeHost(spec, readHostFacts(thisHost()));
  const ok = spec !== undefined && problems.every(({ severity }) => severity !== "error");
  if (options.json === true) {
    printJson({ version: 1, ok, file, findings, host: problems });
    return ok ? 0 : 1;
  }
  for (const finding of findings) printData(findingsText([finding]));
  for (const { severity, code, message, rows } of problems) {
    printData(escapeForTerminal(`${severity} ${code}: ${message} (${rows.join(", ")})`));
  }
  printData(`${ok ? "ok   " : "wrong"} ${escapeForTerminal(file)}`);
  return ok ? 0 : 1;
}
