import { escapeForTerminal, isCodedError } from "@clawkeep/diagnostics";
import { measuredRuntime, openMetricsFile } from "@clawkeep/skill-runtime";
import type { Runtime, RuntimeConfiguration } from "@clawkeep/skill-runtime";

import { printNote } from "../output/print.ts";

/**
 * The runtime, counting in the file that the command line or the configuration names, if one does.
 * @throws CodedError when that file cannot be added to: before anything is run
 */
export async function measured(
  runtime: Runtime,
  { metrics }: RuntimeConfiguration,
  named: string | undefined,
): Promise<Runtime> {
  const file = named ?? metrics?.file;
  if (file === undefined) return runtime;
  return measuredRuntime(runtime, await openMetricsFile(file), (error) => {
    const why = isCodedError(error) ? `${error.code}: ${error.message}` : String(error);
    printNote(escapeForTerminal(`the metrics lack this run: ${why}`));
  });
}
