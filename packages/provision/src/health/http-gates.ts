import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

import type { HealthGate } from "../ports/service-port.ts";

/** Where something answers by HTTP. */
export type Place =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string; readonly hostHeader: string };

/** How long a gate asks again. */
export interface GatePatience {
  /**
   * Default ten minutes. A gateway takes 20 s; on a machine with more work than processors it takes minutes, and ends
   * itself when it has not begun within limits of its own (5 s for its lease): it is started anew until it has.
   */
  readonly waitMs?: number;
  /** Default 250. */
  readonly everyMs?: number;
}

/** The three questions that OpenClaw's gateway answers to anybody, in the order in which they become true. */
export function gatewayGates(place: Place, patience: GatePatience = {}): readonly HealthGate[] {
  const gate = (path: string, isWell: (answer: unknown) => boolean): HealthGate => ({
    name: `gateway ${path}`,
    check: () => askUntil(place, path, isWell, patience),
  });
  return [
    gate("/healthz", (answer) => fieldOf(answer, "ok") === true),
    gate("/startupz", () => true),
    gate("/readyz", (answer) => fieldOf(answer, "ready") === true),
  ];
}

/** Whether Ollama has every model, asked where the gateway asks. */
export function tagsGate(
  place: Place,
  models: readonly string[],
  patience: GatePatience = {},
): HealthGate {
  return {
    name: "Ollama /api/tags",
    check: async () => {
      let missing = models;
      const why = await askUntil(
        place,
        "/api/tags",
        (answer) => {
          const listed = fieldOf(answer, "models");
          const names = Array.isArray(listed) ? listed.map((one) => fieldOf(one, "name")) : [];
          missing = models.filter((model) => !names.includes(model));
          // A list is an answer: what it lacks does not come by itself.
          return Array.isArray(listed);
        },
        patience,
      );
      if (why !== undefined || missing.length === 0) return why;
      return `expected ${models.join(", ")}, it lacks ${missing.join(", ")}; ollama pull fetches a model`;
    },
  };
}

async function askUntil(
  place: Place,
  path: string,
  isWell: (answer: unknown) => boolean,
  { waitMs = 600_000, everyMs = 250 }: GatePatience,
): Promise<string | undefined> {
  for (let waited = 0; ;) {
    const began = performance.now();
    const { status, body } = await ask(place, path);
    if (status === 200 && isWell(body)) return undefined;
    if (waited >= waitMs) {
      const last = status === undefined ? "no answer" : `status ${status}`;
      return `${last}, asked for ${Math.round(waitMs / 1000)} s`;
    }
    await pause(everyMs);
    // A round that takes longer is one in which this process was stopped, and maybe what it asks was too.
    waited += Math.min(performance.now() - began, silenceMs + everyMs);
  }
}

/** How long one question waits for an answer. */
const silenceMs = 5000;

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

function ask(place: Place, path: string): Promise<Answer> {
  const where =
    "socket" in place
      ? { socketPath: place.socket, headers: { host: place.hostHeader } }
      : { host: place.host, port: place.port };
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: undefined, body: undefined });
    const asked = request({ ...where, path, timeout: silenceMs, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => {
        text += part.toString("utf8");
        if (text.length > mostCharacters) answer.destroy();
      });
      answer.on("error", none);
      answer.on("close", () => resolve({ status: answer.statusCode, body: parsed(text) }));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", none);
    asked.end();
  });
}

const mostCharacters = 1024 * 1024;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
