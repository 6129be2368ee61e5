import { escapeForTerminal } from "@clawkeep/diagnostics";
import { finishRestore } from "@clawkeep/provision";

import { printData, printJson } from "../output/print.ts";
import { startedServices } from "../place/managed-services.ts";
import { readyGate } from "../place/notebook-gateway.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";
import { stateFolder } from "../place/state-folder.ts";

/** Options of `start` and `restart` as they were written. */
export interface StartOptions {
  readonly json?: boolean;
}

/** Starts the services of a deployment that do not run, and waits until its gateway is ready. */
export async function startName(
  name: string | undefined,
  options: StartOptions = {},
): Promise<number> {
  return startOperated(operatedOf(name), [], options);
}

/** Stops what runs, last first, and starts everything. */
export async function restartName(
  name: string | undefined,
  options: StartOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const stopped: string[] = [];
  for (const service of (await startedServices(operated)).toReversed()) {
    if (!(await service.isRunning())) continue;
    await service.stop();
    stopped.push(service.name);
  }
  return startOperated(operated, stopped, options);
}

async function startOperated(
  operated: Operated,
  stopped: readonly string[],
  { json }: StartOptions,
): Promise<number> {
  const started: string[] = [];
  // A restore that was killed between its two renames.
  const state = stateFolder(operated);
  if (state !== undefined) await finishRestore(state);
  for (const service of await startedServices(operated)) {
    if (await service.isRunning()) continue;
    await service.start();
    started.push(service.name);
  }
  const reason = await readyGate(settingsOf(operated).port).check();
  const { name } = operated.card;
  if (json === true) {
    printJson({
      version: 1,
      name,
      stopped,
      started,
      ready: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    });
  } else {
    const what = started.length === 0 ? "runs already" : `started ${started.join(", ")}`;
    printData(escapeForTerminal(`${name}: ${what}; ${reason ?? "ready"}`));
  }
  return reason === undefined ? 0 : 1;
}
