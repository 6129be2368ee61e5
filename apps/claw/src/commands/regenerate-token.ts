import { escapeForTerminal } from "@clawkeep/diagnostics";
import { rotateGatewayToken, tokenStatus } from "@clawkeep/provision";

import { confirmed } from "../output/confirm.ts";
import { printData, printJson, printNote } from "../output/print.ts";
import { giveAnew } from "../place/container-secrets.ts";
import { managedServices } from "../place/managed-services.ts";
import { readyGate } from "../place/notebook-gateway.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";
import { tokenFileOf } from "./token.ts";

/** Options of `regenerate-token` as they were written. */
export interface RegenerateTokenOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Gives the gateway another token, restarts it, and asks it whether the old one is refused. Prints neither. */
export async function regenerateToken(
  name: string | undefined,
  options: RegenerateTokenOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const file = tokenFileOf(operated.card.name);
  printNote("The gateway is restarted; browsers and scripts with the old token are turned away.");
  if (!(await confirmed("give it a new token?", options.yes === true))) return 1;
  const { port } = settingsOf(operated);
  const services = await managedServices(operated);
  const done = await rotateGatewayToken({
    file,
    changed: () => giveAnew(operated.card.folder, file),
    services,
    gate: readyGate(port),
    status: (token) => tokenStatus(port, token),
  });
  if (options.json === true) printJson({ version: 1, name: operated.card.name, file, ...done });
  else {
    const texts = {
      rotated: `new token in ${file}; the old one is answered ${done.oldStatus ?? "by nobody"}`,
      unproved: `new token in ${file}; ${done.reason ?? "no gateway of claw runs: restart the one that reads it"}`,
      "not-refused": `new token in ${file}, BUT the gateway answers ${done.oldStatus ?? "nothing"} to the old one and ${done.newStatus ?? "nothing"} to the new one`,
    };
    printData(escapeForTerminal(`${operated.card.name}: ${texts[done.outcome]}`));
  }
  return done.outcome === "not-refused" || done.reason !== undefined ? 1 : 0;
}
