import { escapeForTerminal } from "@clawkeep/diagnostics";

import { printData } from "../output/print.ts";
import { managedServices } from "../place/managed-services.ts";
import { operatedOf } from "../place/operated.ts";

/** Stops the services of a deployment, last first; waits until each is gone. */
export async function stopName(name: string | undefined): Promise<number> {
  const operated = operatedOf(name);
  const stopped: string[] = [];
  for (const service of (await managedServices(operated)).toReversed()) {
    if (!(await service.isRunning())) continue;
    await service.stop();
    stopped.push(service.name);
  }
  const called = operated.card.name;
  printData(escapeForTerminal(`${called} ${stopped.length === 0 ? "does not run" : "stopped"}`));
  return 0;
}
