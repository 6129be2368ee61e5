import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { foreignService, interruptedServices, readHistory, runTool } from "@clawkeep/provision";
import type { KeptService, ServiceDefinition, ServicePort } from "@clawkeep/provision";

import { appliedDefinitions } from "./applied-definitions.ts";
import { storeOf } from "./deployment.ts";
import type { Operated } from "./operated.ts";
import { supervised } from "./notebook-gateway.ts";

/**
 * What keeps the services of a deployment, as the generation says that is applied, in the order of start; nothing where
 * nothing was started. A generation from before managers were recorded was started by a supervisor of ours, or not.
 */
export async function keptServices(name: string): Promise<readonly KeptService[]> {
  const history = await readHistory(storeOf(name));
  const applied = history.findLast(({ outcome }) => outcome === "applied");
  if (applied?.services !== undefined) return applied.services;
  return appliedDefinitions(name).map((one) => ({ by: "supervisor", name: one.name }));
}

/** A service by whatever keeps it. @param definitions Of those that a supervisor of ours keeps. */
export function serviceOf(
  kept: KeptService,
  definitions: readonly ServiceDefinition[],
): ServicePort {
  if (kept.by !== "supervisor") return foreignService(kept, runTool);
  const definition = definitions.find(({ name }) => name === kept.name);
  if (definition !== undefined) return supervised(definition);
  throw new CodedError({
    code: "OPERATE_DEFINITION",
    message: `expected the definition of ${kept.name}, which \`claw apply --start\` wrote, got none`,
    hint: "`claw apply --start` writes it again.",
  });
}

/** The services of a deployment by whatever keeps them, in the order of start; none where none was started. */
export async function managedServices({
  card,
  definitions,
}: Operated): Promise<readonly ServicePort[]> {
  return (await keptServices(card.name)).map((kept) => serviceOf(kept, definitions));
}

/**
 * The same where there have to be some.
 *
 * @throws CodedError `OPERATE_NOT_STARTED`
 */
export async function startedServices(operated: Operated): Promise<readonly ServicePort[]> {
  const services = await managedServices(operated);
  if (services.length > 0) return services;
  const { card } = operated;
  throw new CodedError({
    code: "OPERATE_NOT_STARTED",
    message: `expected services that \`claw apply --start\` started for ${card.name}, got none`,
    hint: `claw apply ${card.spec} --folder ${path.relative("", card.folder) || "."} --start`,
  });
}

/** Those of them that run, or did before an attempt that was killed. @param store The deployment's own. */
export async function runningOf(
  services: readonly ServicePort[],
  store: string,
): Promise<readonly ServicePort[]> {
  const interrupted = interruptedServices(store);
  const running: ServicePort[] = [];
  for (const service of services) {
    if (interrupted.includes(service.name) || (await service.isRunning())) running.push(service);
  }
  return running;
}
