import { CodedError } from "@clawkeep/diagnostics";
import type { ServicePort } from "@clawkeep/provision";

import type { Operated } from "./operated.ts";
import { supervised } from "./notebook-gateway.ts";

/**
 * The services of a deployment by whatever keeps them, in the order of start.
 *
 * @throws CodedError `OPERATE_NOT_STARTED` when nothing keeps any yet
 */
export function managedServices({ card, definitions }: Operated): readonly ServicePort[] {
  if (definitions.length > 0) return definitions.map(supervised);
  throw new CodedError({
    code: "OPERATE_NOT_STARTED",
    message: `expected services that \`claw apply --start\` started for ${card.name}, got none`,
    hint: startHints[card.manager](card.folder, card.name),
  });
}

const startHints: Readonly<
  Record<Operated["card"]["manager"], (folder: string, name: string) => string>
> = {
  process: () => "claw apply --start",
  container: (folder) => `docker compose -f ${folder}/compose.yaml up -d`,
  "user-unit": (_, name) => `systemctl --user start claw-${name}-gateway`,
  "system-unit": (_, name) => `systemctl start claw-${name}-gateway`,
};
