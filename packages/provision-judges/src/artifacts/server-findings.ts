import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import { wrong } from "./judged-file.ts";
import type { JudgedFile } from "./judged-file.ts";
import { at, texts } from "./read-artifacts.ts";
import { pairsOfSquid, readSquid } from "./read-squid.ts";

/**
 * Servers of MCP in openclaw.json and in mcporter.json are the same ones, each has only tools that are named, but our
 * own skills service, and one at an address is on the allowlist.
 */
export function serverFindings(
  config: JsonObject,
  files: readonly JudgedFile[],
): readonly Finding[] {
  const servers = entriesAt(config, "mcp", "servers");
  const found: Finding[] = [];
  const say = (file: string, message: string): void => {
    found.push(
      wrong(
        "CONSISTENCY_SERVER",
        file,
        message,
        "A server of MCP is named in one file and not in the other: render again.",
      ),
    );
  };
  for (const { path, text } of files.filter(({ kind }) => kind === "mcporter-config")) {
    const value: unknown = JSON.parse(text);
    const others = new Map(entriesAt(value, "mcpServers"));
    for (const [name, one] of servers) {
      const [want, got] = [reached(one), reached(others.get(name))];
      if (want !== got) say(path, `expected ${name} at ${want}, got ${got || "none"}`);
    }
    for (const [name] of others) {
      if (!servers.some(([known]) => known === name))
        say(path, `expected servers of openclaw.json alone, got ${name}`);
    }
  }
  const squid = files.find(({ kind }) => kind === "squid");
  for (const [name, one] of servers) {
    if (name !== "clawkeep" && texts(at(one, "toolFilter", "include")).length === 0)
      say("openclaw.json", `expected tools by name of ${name}, got all`);
    const url = at(one, "url");
    if (typeof url !== "string" || squid === undefined || !url.startsWith("https:")) continue;
    const { hostname } = new URL(url);
    const isAllowed = pairsOfSquid(readSquid(squid.text)).some(({ host }) => host === hostname);
    if (!isAllowed) say(squid.path, `expected ${hostname} of ${name} on the allowlist, got none`);
  }
  return found;
}

/** Where a server is, in either file: its address, or its program with arguments. */
function reached(server: unknown): string {
  const url = at(server, "url") ?? at(server, "baseUrl");
  if (typeof url === "string") return url;
  const command = at(server, "command");
  return typeof command === "string" ? [command, ...texts(at(server, "args"))].join(" ") : "";
}

function entriesAt(
  value: unknown,
  ...keys: readonly string[]
): readonly (readonly [string, unknown])[] {
  const found = at(value, ...keys);
  return isObject(found) ? Object.entries(found) : [];
}
