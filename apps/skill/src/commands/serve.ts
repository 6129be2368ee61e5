import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

import { CodedError, escapeForTerminal, formatFinding } from "@clawkeep/diagnostics";
import { lockFile } from "@clawkeep/durable-files";
import { mcpRoute, serveMcpStdio } from "@clawkeep/mcp-transport";
import type { AccessToken } from "@clawkeep/service";
import {
  accessTokens,
  bindSocket,
  CallerBudgets,
  checkSocket,
  openServiceLog,
  serveHttp,
  ServiceMetrics,
  tokenFromFile,
} from "@clawkeep/service";
import { openRuntime, readConfiguration } from "@clawkeep/skill-runtime";
import { readTools, skillMcpServer } from "@clawkeep/skill-server";
import type { Connected, SkillService } from "@clawkeep/skill-server";

import { printNote } from "../output/print.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";

/** Options of `serve` as they were written. */
export interface ServeOptions extends PlaceOptions {
  readonly skill: readonly string[];
  readonly socket?: string;
  readonly group?: string;
  readonly http?: string;
  readonly token: readonly string[];
  readonly tokenFolder?: string;
  readonly allowUnconfined?: boolean;
  readonly calls?: string;
  readonly seconds?: string;
  readonly megabytes?: string;
}

const version = "0.1.0";
/** Connections by socket at one time: an agent keeps one open for each of its sessions. */
const mostConnections = 64;

/** Offers every action of every locked skill as a tool of the Model Context Protocol. */
export async function serveSkills(options: ServeOptions): Promise<number> {
  const place = surroundings(options);
  const http = wholeNumber("--http", options.http, 65_535);
  if (options.socket !== undefined && http !== undefined) {
    throw usage("expected either --socket or --http, got both");
  }
  const { tools, findings } = await readTools(
    place,
    options.skill.length === 0 ? undefined : options.skill,
  );
  for (const finding of findings) printNote(formatFinding(finding));
  if (tools.length === 0) {
    throw new CodedError({
      code: "SERVE_NOTHING",
      message: `expected a skill in the lock of ${place.workspace} that is as it was locked, got none`,
      hint: "Review the skills, then: clawkeep-skill lock",
    });
  }
  const configuration = await readConfiguration(place.home);
  const runtime = await openRuntime({
    ...place,
    configuration,
    name: { name: "clawkeep-skill serve", version },
  });
  const service: SkillService = {
    runtime,
    tools,
    version,
    budgets: new CallerBudgets({
      calls: wholeNumber("--calls", options.calls, 1_000_000) ?? 300,
      workMs: (wholeNumber("--seconds", options.seconds, 1_000_000) ?? 120) * 1000,
      bytes: (wholeNumber("--megabytes", options.megabytes, 1_000_000) ?? 64) * 1_000_000,
    }),
    ...(options.allowUnconfined === true ? {} : { requireSandbox: "landlock" as const }),
  };
  const make = (connected: Connected): ReturnType<typeof skillMcpServer> =>
    skillMcpServer(service, connected);
  try {
    if (options.socket !== undefined) {
      const group = wholeNumber("--group", options.group, 4_294_967_294);
      await bySocket(path.resolve(options.socket), group, () => make({ transport: "mcp-socket" }));
    } else if (http !== undefined) {
      const names = options.token.length === 0 ? ["gateway"] : options.token;
      const tokens = await tokensIn(options.tokenFolder ?? path.join(place.home, "tokens"), names);
      await byHttp(http, tokens, place.home, (authenticated) =>
        make({ transport: "mcp-http", authenticated }),
      );
    } else {
      printNote(
        `${tools.length} tools by standard input. One uid: whoever started this can change its record (docs/skill-serve.md)`,
      );
      await serveMcpStdio(() => make({ transport: "mcp-stdio" }), process.stdin, process.stdout);
    }
    return 0;
  } finally {
    await runtime.close();
  }
}

type MakeServer = () => ReturnType<typeof skillMcpServer>;

/** One connection of a shim is one connection of the protocol. */
async function bySocket(
  socket: string,
  group: number | undefined,
  make: MakeServer,
): Promise<void> {
  // Who may connect is decided by the folder: it has to be ours, and nobody else's to change.
  const folder = path.dirname(socket);
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined && group !== undefined) {
    chownSync(folder, -1, group);
    chmodSync(folder, 0o750);
  }
  checkSocket(socket, { shared: group !== undefined });
  using _lock = await lockFile(`${socket}.lock`, { waitMs: 0 });
  const server = createServer((connection) => {
    connection.on("error", () => connection.destroy());
    void serveMcpStdio(make, connection, connection).finally(() => connection.destroy());
  });
  server.maxConnections = mostConnections;
  await bindSocket(server, socket, group === undefined ? {} : { group });
  printNote(escapeForTerminal(`serving at ${socket}`));
  await untilStopped();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.unref();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 500))]);
}

async function byHttp(
  port: number,
  tokens: readonly AccessToken[],
  home: string,
  make: (caller: string) => ReturnType<typeof skillMcpServer>,
): Promise<void> {
  const metrics = new ServiceMetrics("clawkeep_skill_serve");
  const http = await serveHttp({
    port,
    tokens: accessTokens(tokens),
    routes: [mcpRoute(make)],
    metrics,
    // A tool may take as long as its contract says.
    limits: { inFlight: 32 },
    log: openServiceLog(path.join(home, "serve.log")),
  });
  printNote(`serving at http://127.0.0.1:${http.port}/mcp`);
  await untilStopped();
  await http.close();
}

/** One file for each name, so that each client has a token of its own. */
async function tokensIn(folder: string, names: readonly string[]): Promise<readonly AccessToken[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Promise.all(
    names.map(async (id) => {
      if (!/^[a-z][a-z0-9-]{0,63}$/u.test(id)) {
        throw usage("expected letters, digits and - as the name of a token");
      }
      return { id, token: await tokenFromFile(path.join(folder, id)) };
    }),
  );
}

async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => resolve());
  });
}

function wholeNumber(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^[0-9]{1,10}$/u.test(text) || value > most) {
    throw usage(`expected ${flag} as a whole number up to ${most}`);
  }
  return value;
}

function usage(message: string): CodedError {
  return new CodedError({ code: "USAGE", message, hint: "clawkeep-skill serve --help" });
}
