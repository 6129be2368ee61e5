import { escapeForTerminal } from "@clawkeep/diagnostics";
import { probeGateway } from "@clawkeep/provision";

import { printData, printJson } from "../output/print.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";

/** Options of `health` as they were written. */
export interface HealthOptions {
  readonly json?: boolean;
}

/** Asks a deployment's gateway whether it lives, has started, and is ready. */
export async function healthName(
  name: string | undefined,
  { json }: HealthOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const { port } = settingsOf(operated);
  const answers = await probeGateway(port);
  const ok = answers.every((one) => one.ok);
  if (json === true) {
    printJson({ version: 1, ok, name: operated.card.name, port, answers });
    return ok ? 0 : 1;
  }
  for (const { path, ok: isWell, status, failing } of answers) {
    const why = [status === undefined ? "no answer" : `status ${status}`, ...failing].join(", ");
    printData(escapeForTerminal(`${isWell ? "ok  " : "no  "} ${path}${isWell ? "" : `: ${why}`}`));
  }
  return ok ? 0 : 1;
}
