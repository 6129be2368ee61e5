import { CodedError } from "@clawkeep/diagnostics";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import type { McpClient } from "../mcp-config/clients.ts";
import { mcpClients } from "../mcp-config/clients.ts";
import type { McpLaunch } from "../mcp-config/render-config.ts";
import { checkServerName, renderConfig, serverConfig } from "../mcp-config/render-config.ts";
import { mainProgram } from "../place/release.ts";
import { servedIndex } from "../place/served-index.ts";

/**
 * `local-rag mcp-config CLIENT`: what a client's configuration has to say so that it starts `serve --mcp` for this
 * index. Nothing is written: the file is the user's.
 */
export async function runMcpConfig(options: RawOptions): Promise<number> {
  const client = clientOf(options);
  const name = textOf(options, "name") ?? "local-rag";
  checkServerName(name);
  const launch = await launchOf(options);
  const file =
    client.path[
      process.platform === "darwin" || process.platform === "win32" ? process.platform : "linux"
    ];
  const text = renderConfig(client, name, launch);
  if (options.flags.has("json")) {
    const verifiedBy = client.verifiedBy ?? null;
    const { id, format } = client;
    const config = serverConfig(client, name, launch);
    process.stdout.write(
      `${JSON.stringify({ version: 1, client: id, path: file, format, verifiedBy, config, text })}\n`,
    );
    return 0;
  }
  process.stderr.write(
    `${client.title}: add this to ${file} (${client.verifiedBy === undefined ? "unverified: no published schema was found" : `form compared with ${client.verifiedBy}`})\n`,
  );
  process.stdout.write(text);
  return 0;
}

function clientOf({ positional }: RawOptions): McpClient {
  const [id, ...more] = positional;
  if (id === undefined || more.length > 0) throw usage(commands["mcp-config"], "name one client");
  const client = mcpClients.find((known) => known.id === id);
  if (client === undefined) {
    throw new CodedError({
      code: "MCP_CONFIG_CLIENT",
      message: `expected one of ${mcpClients.map((known) => known.id).join(", ")}, got ${JSON.stringify(id)}`,
      hint: "Any other client: command, args and env of --json are what it has to start.",
    });
  }
  return client;
}

async function launchOf(options: RawOptions): Promise<McpLaunch> {
  const home = process.env["CLAWKEEP_HOME"] ?? "";
  const { flags } = await servedIndex(options, process.cwd());
  return {
    command: process.execPath,
    args: [...process.execArgv, mainProgram, "serve", "--mcp", ...flags],
    environment: home === "" ? {} : { CLAWKEEP_HOME: home },
  };
}
