import { writeSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { embedCommands } from "./embed-commands.ts";
import type { EmbedPeer, SearchPeer } from "./peer-contract.ts";
import { searchCommands } from "./search-commands.ts";

/**
 * `node peer-worker.ts PEER`: one peer in a process of its own. A request is a line
 * `{"id", "command", "args"}`, a reply a line `{"id", "result"}` or `{"id", "error"}`. Peers write to
 * standard output what they like: replies go to descriptor 3.
 */

const { peer } = (await import(pathToFileURL(path.resolve(process.argv[2] ?? "")).href)) as {
  readonly peer: SearchPeer | EmbedPeer;
};
const commands = peer.kind === "search" ? searchCommands(peer) : embedCommands(peer);

for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, args } = JSON.parse(line) as {
    readonly id: number;
    readonly command: string;
    readonly args: never;
  };
  let reply: Record<string, unknown>;
  try {
    const run = commands[command];
    if (run === undefined) {
      throw new Error(`unknown command ${command}`);
    }
    reply = { id, result: await run(args) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  writeSync(3, `${JSON.stringify(reply)}\n`);
}
process.exit(0);
