import type { Readable, Writable } from "node:stream";

import type { McpServer } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";

/** Bytes of one message. */
const longestMessage = 1_048_576;

/** Serves one connection by lines of JSON-RPC, until its input ends. */
export async function serveMcpStdio(
  make: () => McpServer,
  input: Readable,
  output: Writable,
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    input.once("end", resolve);
    input.once("close", resolve);
    // Who reads our answers may have gone.
    output.once("error", () => resolve());
    output.once("close", resolve);
  });
  const transport = new StdioServerTransport(input, output, { maxBufferSize: longestMessage });
  const served = serveStdio(make, { transport });
  await ended;
  await served.close();
}
