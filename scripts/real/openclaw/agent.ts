import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import type { Config } from "./hardened-config.ts";
import { hardenedConfig } from "./hardened-config.ts";
import { endGroup, makeOwnFolder, runAs, startAs } from "./principal.ts";
import type { Ended, Principal } from "./principal.ts";
import type { Stand } from "./stand.ts";

/** One OpenClaw: a state folder, a workspace, a configuration and a port of its own, all of one uid. */
export interface Agent {
  readonly principal: Principal;
  readonly folder: string;
  readonly workspace: string;
  readonly configFile: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `openclaw ARGS`. */
  run(args: readonly string[], timeoutMs?: number): Promise<Ended>;
  /** One turn without a gateway: `agent exec`. */
  exec(message: string): Promise<TurnResult>;
  startGateway(): Promise<Gateway>;
}

/** A turn as OpenClaw reports it. */
export interface TurnResult {
  readonly code: number | null;
  /** The final answer, all payloads joined. */
  readonly text: string;
  /** What a gateway says the turn took, without the command that asked for it. */
  readonly durationMs?: number;
  readonly ended: Ended;
}

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  readonly pid: number;
  /** All it printed so far. */
  readonly output: () => string;
  /** One turn through it, in a session of this key. */
  turn(message: string, sessionKey: string): Promise<TurnResult>;
}

/** What one route wants otherwise than the hardened base. */
export interface AgentWish {
  /** Names folder and messages. */
  readonly name: string;
  /** A gateway's port: each its own, since commands ask whoever listens there. */
  readonly port: number;
  readonly overrides?: Config;
  /** Added to the environment of commands and gateway: tokens that the configuration names. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the stand's gateway principal. */
  readonly principal?: Principal;
}

export function makeAgent(stand: Stand, wish: AgentWish): Agent {
  const principal = wish.principal ?? stand.gateway;
  const folder = makeOwnFolder(principal, path.join(principal.home, wish.name));
  const workspace = makeOwnFolder(principal, path.join(folder, "workspace"));
  const state = makeOwnFolder(principal, path.join(folder, "state"));
  const configFile = path.join(folder, "openclaw.json");
  const places = { port: wish.port, workspace, modelUrl: stand.model.url };
  writeConfig(principal, configFile, hardenedConfig(places, wish.overrides));
  const environment = {
    HOME: folder,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_CONFIG_PATH: configFile,
    OPENCLAW_GATEWAY_TOKEN: "canary-gateway-token-5c0f1e2d3b4a",
    OLLAMA_API_KEY: "canary-model-key-91d2",
    ...wish.environment,
  };
  const command = (args: readonly string[]): readonly string[] => [
    stand.world.node,
    stand.openclaw,
    ...args,
  ];
  const run: Agent["run"] = (args, timeoutMs) =>
    runAs(principal, command(args), {
      environment,
      cwd: workspace,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  return {
    principal,
    folder,
    workspace,
    configFile,
    port: wish.port,
    environment,
    run,
    exec: async (message) =>
      turnOf(
        await run(["agent", "exec", message, "--config", configFile, "--cwd", workspace, "--json"]),
      ),
    startGateway: async () => {
      const child = startAs(principal, command(["gateway", "run"]), {
        environment,
        cwd: workspace,
      });
      return gatewayOf(child, wish.port, run);
    },
  };
}

/** Writes a configuration as its owner would: mode 0600. */
export function writeConfig({ uid, gid }: Principal, file: string, config: Config): void {
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  chownSync(file, uid, gid);
}

async function gatewayOf(child: ChildProcess, port: number, run: Agent["run"]): Promise<Gateway> {
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  for (let tries = 0; !(await isReady(port)); tries += 1) {
    if (!isRunning() || tries > 600) {
      endGroup(child, "SIGKILL");
      throw new Error(`the gateway did not start:\n${said.slice(-4000)}`);
    }
    await pause(250);
  }
  return {
    pid: child.pid ?? 0,
    output: () => said,
    turn: async (message, sessionKey) => {
      const where = ["--agent", "main", "--session-key", sessionKey];
      return turnOf(await run(["agent", ...where, "--message", message, "--json"]));
    },
    [Symbol.asyncDispose]: async () => {
      if (!isRunning()) return;
      const ended = once(child, "exit");
      endGroup(child);
      const timer = setTimeout(() => endGroup(child, "SIGKILL"), 20_000);
      await ended;
      clearTimeout(timer);
      endGroup(child, "SIGKILL");
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return ((await response.json()) as { ready?: boolean }).ready === true;
  } catch {
    return false;
  }
}

function turnOf(ended: Ended): TurnResult {
  const from = ended.stdout.indexOf("{");
  let parsed: unknown;
  try {
    parsed = from < 0 ? undefined : JSON.parse(ended.stdout.slice(from));
  } catch {
    parsed = undefined;
  }
  const outer = parsed as (Envelope & { readonly result?: Envelope }) | undefined;
  const { payloads = [], meta } = outer?.result ?? outer ?? {};
  return {
    code: ended.code,
    text: payloads.map(({ text }) => text ?? "").join("\n"),
    ...(meta?.durationMs === undefined ? {} : { durationMs: meta.durationMs }),
    ended,
  };
}

interface Envelope {
  readonly payloads?: readonly { readonly text?: string }[];
  readonly meta?: { readonly durationMs?: number };
}
