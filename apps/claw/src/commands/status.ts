import { escapeForTerminal } from "@clawkeep/diagnostics";
import { probeGateway, readHistory } from "@clawkeep/provision";

import { printData, printJson } from "../output/print.ts";
import { managedServices } from "../place/managed-services.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";

/** Options of `status` as they were written. */
export interface StatusOptions {
  readonly json?: boolean;
}

/** Says what of a deployment runs, which generation is applied, and where it listens. 1 when something does not run. */
export async function statusName(
  name: string | undefined,
  { json }: StatusOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const { card, store } = operated;
  const services: { name: string; running: boolean }[] = [];
  for (const service of await managedServices(operated)) {
    services.push({ name: service.name, running: await service.isRunning() });
  }
  const { port, ui } = settingsOf(operated);
  const health = await probeGateway(port);
  const applied = (await readHistory(store)).findLast(({ outcome }) => outcome === "applied");
  const ok = services.length > 0 && services.every(({ running }) => running);
  if (json === true) {
    printJson({
      version: 1,
      ok,
      name: card.name,
      profile: card.profile,
      manager: card.manager,
      openclaw: card.openclaw,
      generation: applied?.number ?? null,
      appliedAt: applied?.at ?? null,
      spec: card.spec,
      gateway: { port, ui },
      services,
      health,
    });
    return ok ? 0 : 1;
  }
  const say = (key: string, value: string): void => {
    printData(escapeForTerminal(`${key.padEnd(11)}${value}`));
  };
  say("deployment", `${card.name} (${card.profile}), OpenClaw ${card.openclaw}`);
  say("spec", card.spec);
  say("applied", applied === undefined ? "never" : `generation ${applied.number}, ${applied.at}`);
  say("gateway", `127.0.0.1:${port}, Control UI ${ui ? "on" : "off"}`);
  for (const one of services) say(one.name, one.running ? "runs" : "does not run");
  if (services.length === 0) say("services", "nothing was started by claw");
  for (const one of health) say(one.path, one.ok ? "ok" : `no (${one.status ?? "no answer"})`);
  return ok ? 0 : 1;
}
