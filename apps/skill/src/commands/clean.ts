import { escapeForTerminal } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { cleanState, readConfiguration } from "@clawkeep/skill-runtime";
import type { CleanReport } from "@clawkeep/skill-runtime";

import { findingsText, printData, printJson } from "../output/print.ts";

/** Options of `clean` as they were written. */
export interface CleanCommandOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Removes from the state folder what nobody needs any more, and says what that was. */
export async function cleanCommand(options: CleanCommandOptions): Promise<number> {
  const home = stateHome(process.env);
  const configuration = await readConfiguration(home);
  const dryRun = options.dryRun === true;
  const report = await cleanState({ home, configuration, dryRun });
  if (options.json === true) printJson({ version: 1, dryRun, ...report });
  else printReport(report, dryRun);
  return report.findings.length === 0 ? 0 : 1;
}

function printReport({ removed, bytes, findings }: CleanReport, dryRun: boolean): void {
  const lines = removed.map(
    (one) => `${one.kind.padEnd(14)} ${String(one.bytes).padStart(12)}  ${one.path}  (${one.why})`,
  );
  const done = dryRun ? "would be removed" : "removed";
  const sum =
    removed.length === 0 ? `nothing ${done}` : `${removed.length} ${done}, ${bytes} bytes`;
  printData(escapeForTerminal([...lines, sum].join("\n"), { keepNewlines: true }));
  process.stderr.write(findingsText(findings));
}
