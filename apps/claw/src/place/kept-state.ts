import path from "node:path";

import type { DeploymentState, FileChange } from "@clawkeep/provision";

import type { Operated } from "./operated.ts";
import { stateFolder } from "./state-folder.ts";

/**
 * The state that apply and rollback archive before what it depends on changes.
 *
 * @param next The OpenClaw that will have it; by default the one that has it.
 * @returns undefined where it is in a volume of a container engine
 */
export function keptState(operated: Operated, next?: string): DeploymentState | undefined {
  const folder = stateFolder(operated);
  if (folder === undefined) return undefined;
  const { name, profile, openclaw } = operated.card;
  return {
    folder,
    // The spec is the new one already: the old one is in no archive that nobody asked for.
    about: { name, profile, openclaw, spec: "" },
    dependsOn: (changes) =>
      (next !== undefined && next !== openclaw) || changes.some(concernsState),
  };
}

/** Whether a change is one of what OpenClaw's state is about: its own program, models, agents, channels and the like. */
export function concernsState({ path: at, before, after }: FileChange): boolean {
  const name = path.basename(at);
  if (name === "gateway.json") return programOf(before?.bytes) !== programOf(after?.bytes);
  if (name !== "openclaw.json") return false;
  const [old, fresh] = [sectionsOf(before?.bytes), sectionsOf(after?.bytes)];
  if (old === undefined || fresh === undefined) return true;
  return [...new Set([...old.keys(), ...fresh.keys()])].some(
    (section) => !stateless.includes(section) && old.get(section) !== fresh.get(section),
  );
}

/** Sections of `openclaw.json` of which nothing is kept: where it listens, what it may reach, what it logs. */
const stateless: readonly string[] = [
  "discovery",
  "gateway",
  "logging",
  "proxy",
  "secrets",
  "telemetry",
  "tools",
  "update",
];

function sectionsOf(bytes: Uint8Array | undefined): ReadonlyMap<string, string> | undefined {
  const value = objectOf(bytes);
  if (value === undefined) return undefined;
  return new Map(Object.entries(value).map(([key, one]) => [key, JSON.stringify(one)]));
}

/** Program and first argument of a definition: Node's is the file that it runs. */
function programOf(bytes: Uint8Array | undefined): string {
  const { program, args } = objectOf(bytes) ?? {};
  return JSON.stringify([program, Array.isArray(args) ? args[0] : undefined]);
}

function objectOf(bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
