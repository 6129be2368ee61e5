import { escapeForTerminal } from "@clawkeep/diagnostics";

import { printData } from "../output/print.ts";
import { knownStoreOf } from "../place/deployment.ts";
import { runningServices } from "../place/notebook-gateway.ts";

/** Stops what `apply --start` started. */
export async function stopName(name: string): Promise<number> {
  knownStoreOf(name);
  const services = await runningServices(name);
  for (const service of services) await service.stop();
  printData(escapeForTerminal(services.length === 0 ? `${name} does not run` : `${name} stopped`));
  return 0;
}
