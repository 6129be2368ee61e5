import { CodedError } from "@clawkeep/diagnostics";

import type { McpClient } from "./clients.ts";

/** A server that a client starts and speaks to by standard input. */
export interface McpLaunch {
  /** Absolute: an editor's search path is not a shell's. */
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The part of a client's configuration that names one server. */
export function serverConfig(client: McpClient, name: string, launch: McpLaunch): object {
  const server = {
    ...(client.typed ? { type: "stdio" } : {}),
    command: launch.command,
    args: launch.args,
    ...(Object.keys(launch.environment).length === 0 ? {} : { env: launch.environment }),
  };
  return { [client.member]: { [name]: server } };
}

/** What a terminal acts on, or what moves text about, and JSON leaves as it is. */
const unsafe = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** The same as text for the client's file. A folder's name may hold anything: it is escaped as the format has it. */
export function renderConfig(client: McpClient, name: string, launch: McpLaunch): string {
  const text =
    client.format === "json"
      ? `${JSON.stringify(serverConfig(client, name, launch), undefined, 2)}\n`
      : tomlServer(client.member, name, launch);
  return text.replace(
    unsafe,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** @throws CodedError `MCP_CONFIG_NAME` for a name that is more than a word */
export function checkServerName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/u.test(name)) {
    throw new CodedError({
      code: "MCP_CONFIG_NAME",
      message: `expected letters, digits, "-" and "_" as the server's name, got ${JSON.stringify(name)}`,
    });
  }
}

function tomlServer(member: string, name: string, launch: McpLaunch): string {
  const environment = Object.entries(launch.environment).map(
    ([key, value]) => `${key} = ${tomlString(value)}`,
  );
  return [
    `[${member}.${name}]`,
    `command = ${tomlString(launch.command)}`,
    `args = [${launch.args.map(tomlString).join(", ")}]`,
    ...(environment.length === 0 ? [] : ["", `[${member}.${name}.env]`, ...environment]),
    "",
  ].join("\n");
}

/** A basic string of TOML 1.0 is JSON's; DEL, which it takes only escaped, is escaped with the unsafe ones. */
function tomlString(text: string): string {
  return JSON.stringify(text);
}
