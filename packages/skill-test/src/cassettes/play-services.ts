import type { Action } from "@clawkeep/skill-format";
import type { Trial } from "@clawkeep/skill-runtime";

import type { Cassette, Connection } from "./cassette.ts";
import { playConnection } from "./play.ts";
import type { Player } from "./play.ts";

/** What stands for the services and the secrets of one run. */
export interface RunServices {
  readonly trial: Pick<Trial, "services" | "secrets">;
  /** How the program asked otherwise than when it was recorded, seen when the run is over. */
  readonly differences: () => readonly string[];
}

const nothing: Connection = { exchanges: [], endedBy: "service" };

/**
 * Plays these cassettes for one run. A service that has none hangs up at once; no run of a test ever
 * talks to a real one by this, or reads a real secret.
 */
export function playServices(
  action: Pick<Action, "services" | "secrets">,
  cassettes: readonly Cassette[],
): RunServices {
  const secrets = standInSecrets(action);
  const players = new Map<string, Player[]>();
  const hasServices = action.services.length > 0;
  return {
    trial: {
      ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
      ...(hasServices
        ? {
            services: async (name) => {
              const opened = players.get(name) ?? [];
              players.set(name, opened);
              const cassette = cassettes.find(({ service }) => service === name);
              const player = playConnection(
                cassette?.connections[opened.length] ?? nothing,
                secrets,
              );
              opened.push(player);
              return player.stream;
            },
          }
        : {}),
    },
    differences: () =>
      cassettes.flatMap(({ service, connections }) =>
        differencesOf(service, connections.length, players.get(service) ?? []),
      ),
  };
}

/** Values that programs get in place of secrets. They are the same each time, and secret to nobody. */
export function standInSecrets(action: Pick<Action, "secrets">): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(action.secrets).map((name) => [name, `stand-in-for-the-secret-${name}`]),
  );
}

function differencesOf(
  service: string,
  recorded: number,
  players: readonly Player[],
): readonly string[] {
  if (players.length !== recorded) {
    return [
      `the service ${service}: expected ${recorded} connections (the program is run again when it fails), got ${players.length}`,
    ];
  }
  return players.flatMap((player, index) => {
    const difference = player.difference();
    const which = recorded === 1 ? "" : ` (connection ${index + 1})`;
    return difference === undefined ? [] : [`the service ${service}${which}: ${difference}`];
  });
}
