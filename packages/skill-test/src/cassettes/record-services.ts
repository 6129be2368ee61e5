import type { Action, Skill } from "@clawkeep/skill-format";
import type { Finding } from "@clawkeep/diagnostics";
import { makeScrubber } from "@clawkeep/skill-runtime";
import type { ResolvedSecret, Trial } from "@clawkeep/skill-runtime";
import type { Duplex } from "node:stream";

import { takeOut } from "./cassette.ts";
import type { Cassette, Connection, Part } from "./cassette.ts";
import { maxRecordedBytes, recordConnection } from "./record.ts";
import type { Heard, Recorder } from "./record.ts";

/** Where cassettes are recorded from: real services and real secrets. */
export interface RecordingSource {
  readonly connect: (service: string) => Promise<Duplex>;
  readonly secrets: (action: Action) => Promise<{
    readonly secrets: readonly ResolvedSecret[];
    readonly findings: readonly Finding[];
  }>;
}

/** Says where the cassettes of a skill are recorded from, or why it must not be. */
export type OpenRecording = (
  skill: Skill,
) => Promise<RecordingSource | { readonly findings: readonly Finding[] }>;

/** What stands for the services of a run that is recorded. */
export interface ServiceRecording {
  readonly trial: Pick<Trial, "services" | "secrets">;
  /** What was said, or why it cannot be kept. */
  readonly cassettes: () =>
    | { readonly cassettes: readonly Cassette[] }
    | { readonly problem: string };
}

/** Lets one run talk to the real services, and listens. */
export function recordServices(
  action: Pick<Action, "services">,
  secrets: readonly ResolvedSecret[],
  connect: RecordingSource["connect"],
): ServiceRecording {
  const recorders = new Map<string, Recorder[]>(action.services.map((name) => [name, []]));
  const values = Object.fromEntries(secrets.map(({ name, value }) => [name, value]));
  return {
    trial: {
      ...(secrets.length === 0 ? {} : { secrets: values }),
      services: async (name) => {
        const recorder = recordConnection(await connect(name));
        recorders.get(name)?.push(recorder);
        return recorder.stream;
      },
    },
    cassettes: () => {
      const cassettes: Cassette[] = [];
      for (const [service, opened] of recorders) {
        const connections: Connection[] = [];
        for (const recorder of opened) {
          const heard = recorder.heard();
          const connection = keptConnection(heard, values);
          const problem = problemOf(heard, connection, secrets);
          if (problem !== undefined) return { problem: `the service ${service}: ${problem}` };
          connections.push(connection);
        }
        cassettes.push({ service, connections });
      }
      return { cassettes };
    },
  };
}

function keptConnection(
  { exchanges, endedBy }: Heard,
  values: Readonly<Record<string, string>>,
): Connection {
  return {
    exchanges: exchanges.map(({ request, response }) => ({
      request: takeOut(request, values),
      response: takeOut(response, values),
    })),
    endedBy,
  };
}

function problemOf(
  { bytes }: Heard,
  { exchanges }: Connection,
  secrets: readonly ResolvedSecret[],
): string | undefined {
  if (bytes > maxRecordedBytes) {
    return `expected at most ${maxRecordedBytes} bytes on a connection, got ${bytes}`;
  }
  const scrubber = makeScrubber(secrets);
  for (const direction of ["request", "response"] as const) {
    // All turns together: what was sent in two pieces is one secret all the same.
    const rest = Buffer.concat(
      exchanges.flatMap((exchange) => exchange[direction].filter(isBytes)),
    );
    if (!rest.equals(scrubber.bytes(rest, true))) {
      return "a secret was sent in another form than its own (JSON, percent-encoding, hex, base64, in pieces), and a cassette must not hold it";
    }
  }
  return undefined;
}

function isBytes(part: Part): part is Uint8Array {
  return part instanceof Uint8Array;
}
