import { CodedError, escapeForTerminal, printableJson } from "@clawkeep/diagnostics";
import { serveGate } from "@clawkeep/ollama-gate";
import type { GateEvent, GateListen } from "@clawkeep/ollama-gate";

import { printData, printNote } from "../output/print.ts";

/** Options of `ollama-gate` as they were written. */
export interface OllamaGateOptions {
  readonly upstream: string;
  readonly model: readonly string[];
  readonly listen: string;
  readonly host?: readonly string[];
}

/** Runs the proxy in front of Ollama until it is told to stop. What it refuses goes to standard error. */
export async function runOllamaGate(options: OllamaGateOptions): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const gate = await serveGate({
    upstream: options.upstream,
    models: options.model,
    listen: listenOf(options.listen, (options.host ?? []).length > 0),
    hosts: options.host ?? [],
    record,
  });
  printData(escapeForTerminal(`listening at ${gate.address}`));
  await stopped;
  await gate.close();
  return 0;
}

function record(event: GateEvent): void {
  if (event.event !== "pass") {
    printNote(printableJson({ time: new Date().toISOString(), ...event }));
  }
}

/** @param isNamed Whether a name for clients was given: who listens beyond loopback must say by which he is called. */
function listenOf(text: string, isNamed: boolean): GateListen {
  if (text.startsWith("unix:/")) return { socket: text.slice("unix:".length) };
  const [, host = "", port = ""] = /^(.+):([0-9]{1,5})$/u.exec(text) ?? [];
  const isLoopback = /^(127\.[0-9.]+|localhost|\[::1\])$/u.test(host);
  if (host !== "" && (isLoopback || isNamed)) {
    return { host: host.replaceAll(/[[\]]/gu, ""), port: Number(port) };
  }
  throw new CodedError({
    code: "GATE_LISTEN",
    message: `expected unix:/PATH or an address of loopback with a port, got ${text}`,
    hint: "Inside a container's own network: --listen 0.0.0.0:11434 --host NAME-OF-THE-CONTAINER.",
  });
}
