import { gatewayGates, tagsGate } from "@clawkeep/provision";

import { ollamaAddress } from "./processes/commands.ts";
import type { ContainerSettings } from "./settings/read-settings.ts";

/** What is wrong with a container that runs, asked once: the gateway, Ollama, and each model (L6). */
export async function checkHealth(settings: ContainerSettings): Promise<readonly string[]> {
  const gateway = gatewayGates(
    { host: "127.0.0.1", port: settings.gatewayPort },
    { waitMs: 0 },
  ).slice(0, 1);
  const gates = [...gateway, tagsGate(ollamaAddress(settings), settings.models, { waitMs: 0 })];
  const answers = await Promise.all(
    gates.map(async (gate) => {
      const why = await gate.check();
      return why === undefined ? [] : [`${gate.name}: ${why}`];
    }),
  );
  return answers.flat();
}
