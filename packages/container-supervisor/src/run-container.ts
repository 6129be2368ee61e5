import { setTimeout as pause } from "node:timers/promises";

import { escapeForTerminal, formatError, formatFinding } from "@clawkeep/diagnostics";
import type { Lock } from "@clawkeep/durable-files";
import { gatewayGates, tagsGate } from "@clawkeep/provision";
import type { HealthGate } from "@clawkeep/provision";
import { readHostFacts } from "@clawkeep/provision-plan";
import type { HostReader } from "@clawkeep/provision-plan";

import { healData } from "./backup/backup-data.ts";
import { lockData } from "./backup/data-lock.ts";
import { prepareData } from "./data/prepare-data.ts";
import { ensureModels } from "./models/ensure-models.ts";
import type { Child, ChildCommand } from "./processes/child.ts";
import { startChild } from "./processes/child.ts";
import { banner } from "./report/banner.ts";
import { hardwareReport } from "./report/hardware-report.ts";
import { gatewayCommand, ollamaAddress, ollamaCommand } from "./processes/commands.ts";
import type { ContainerPlace } from "./settings/container-place.ts";
import type { ContainerSettings } from "./settings/read-settings.ts";
import { readSettings } from "./settings/read-settings.ts";

/** What a container runs with. */
export interface ContainerRun {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly place: ContainerPlace;
  readonly host: HostReader;
  /** One line of the log, safe to print. */
  readonly say: (line: string) => void;
  /** Aborted with the name of the signal that came. */
  readonly stop: AbortSignal;
  /** How long the gateway may finish its turns: its own budget is 315 s. */
  readonly gatewayStopMs?: number;
}

type End =
  | { readonly why: "stopped"; readonly signal: NodeJS.Signals }
  | { readonly why: "ended"; readonly code: number }
  | { readonly why: "failed" };

/**
 * Runs Ollama and the gateway until one of them ends or a signal comes, and leaves nothing running.
 *
 * @returns 0 after a signal; the code of the program that ended, never 0; 1 when it did not come up; 2 for settings
 */
export async function runContainer(run: ContainerRun): Promise<number> {
  const { environment, place, say } = run;
  const facts = readHostFacts(run.host);
  const { settings, findings } = readSettings(environment, facts, place);
  for (const line of hardwareReport(facts, settings)) say(line);
  for (const finding of findings) say(formatFinding(finding));
  if (settings === undefined) return 2;
  const children: Child[] = [];
  const ending = new AbortController();
  let lock: Lock | undefined;
  try {
    lock = await lockData(place);
    await healData(place);
    const end = await untilEnd(run, settings, children, ending.signal);
    if (end.why === "stopped")
      say(`${end.signal}: the gateway finishes its turns, then Ollama ends`);
    ending.abort();
    await stopAll(children, end, run.gatewayStopMs ?? 330_000);
    if (end.why === "stopped") return 0;
    // A restart policy restarts what failed: neither program has a reason to end by itself.
    return end.why === "failed" || end.code === 0 ? 1 : end.code;
  } catch (error) {
    say(formatError(error));
    return 1;
  } finally {
    ending.abort();
    lock?.close();
  }
}

async function untilEnd(
  run: ContainerRun,
  settings: ContainerSettings,
  children: Child[],
  signal: AbortSignal,
): Promise<End> {
  const { say, stop } = run;
  let decide: (end: End) => void = () => undefined;
  const decided = new Promise<End>((resolve) => (decide = resolve));
  const stopped = (): void => decide({ why: "stopped", signal: signalOf(stop.reason) });
  if (stop.aborted) return { why: "stopped", signal: signalOf(stop.reason) };
  stop.addEventListener("abort", stopped, { once: true });
  const start = (command: ChildCommand): void => {
    if (signal.aborted) return;
    const child = startChild(command, say);
    children.push(child);
    const told = async (): Promise<void> => {
      const { name, code, how } = await child.ended;
      if (!signal.aborted) say(`${name} ${how}: the container ends`);
      decide({ why: "ended", code });
    };
    void told();
  };
  bringUp(run, settings, start, signal).catch((error: unknown) => {
    if (signal.aborted) return;
    say(formatError(error));
    decide({ why: "failed" });
  });
  try {
    return await decided;
  } finally {
    stop.removeEventListener("abort", stopped);
  }
}

/** Everything up to the banner; each step waits for the one before (L4). */
async function bringUp(
  { place, host, say }: ContainerRun,
  settings: ContainerSettings,
  start: (command: ChildCommand) => void,
  signal: AbortSignal,
): Promise<void> {
  const { configFile, notes } = await prepareData(settings, place);
  for (const note of notes) say(escapeForTerminal(note));
  const ollama = ollamaCommand(settings, place);
  start(ollama);
  const { host: name, port } = ollamaAddress(settings);
  await waitFor(tagsGate({ host: name, port }, [], { waitMs: 0 }), 120_000, signal);
  await ensureModels({
    address: `http://${name}:${port}`,
    models: settings.models,
    modelfile: settings.modelfile,
    program: place.ollama,
    environment: ollama.environment,
    say: (line) => say(escapeForTerminal(line)),
    signal,
  });
  start(gatewayCommand(settings, place, configFile));
  const gateway = { host: "127.0.0.1", port: settings.gatewayPort };
  for (const gate of gatewayGates(gateway, { waitMs: 0 })) await waitFor(gate, 300_000, signal);
  for (const line of banner(settings, readHostFacts(host), place)) say(escapeForTerminal(line));
}

/** Asks again and again; a round that took long because the machine was busy counts as a short one. */
async function waitFor(gate: HealthGate, waitMs: number, signal: AbortSignal): Promise<void> {
  const everyMs = 250;
  for (let waited = 0; ; waited += everyMs) {
    const why = await gate.check();
    signal.throwIfAborted();
    if (why === undefined) return;
    if (waited >= waitMs) throw new Error(`${gate.name}: ${why}, for ${waitMs / 1000} s`);
    await pause(everyMs, undefined, { signal });
  }
}

/** The gateway first, so that its turns still have a model; after a crash nothing is worth a long wait. */
async function stopAll(children: readonly Child[], end: End, gatewayStopMs: number): Promise<void> {
  const signal = end.why === "stopped" ? end.signal : "SIGTERM";
  for (const child of children.toReversed()) {
    const isGateway = child.name === "gateway" && end.why === "stopped";
    await child.stop(signal, isGateway ? gatewayStopMs : Math.min(20_000, gatewayStopMs));
  }
}

function signalOf(reason: unknown): NodeJS.Signals {
  return reason === "SIGINT" || reason === "SIGHUP" ? reason : "SIGTERM";
}
