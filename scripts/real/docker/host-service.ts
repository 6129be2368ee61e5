import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A service of the host, on all of its addresses: what a container could find by the address of a bridge. */
export async function startService(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end("host"));
  server.listen(0, "::");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
