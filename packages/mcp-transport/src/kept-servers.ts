import type { McpServer } from "@modelcontextprotocol/server";

/** Servers of one caller that wait for its next request; more at once are made, and let go. */
const mostKept = 16;

/**
 * Servers that have answered, to answer again. The protocol wants one for each request, and to make one takes more
 * memory than to answer: all of it would outlive the request by as long as that takes.
 */
export class KeptServers {
  readonly #make: () => McpServer;
  readonly #kept: McpServer[] = [];
  readonly #lent: WeakMap<Request, McpServer> = new WeakMap();

  constructor(make: () => McpServer) {
    this.#make = make;
  }

  /** A server that nobody else uses, for the time of a request. */
  lend(request: Request | undefined): McpServer {
    const server = this.#kept.pop() ?? this.#make();
    if (request !== undefined) this.#lent.set(request, server);
    return server;
  }

  /** The exchange of a request is over: its last byte was read, and its connection has ended. */
  giveBack(request: Request): void {
    const server = this.#lent.get(request);
    this.#lent.delete(request);
    if (server !== undefined && this.#kept.length < mostKept && isAsNew(server)) {
      this.#kept.push(server);
    }
  }
}

/** Whether a server knows nothing of who used it: no connection, no handshake, no version agreed upon. */
function isAsNew({ server }: McpServer): boolean {
  return (
    server.transport === undefined &&
    server.getClientVersion() === undefined &&
    server.getClientCapabilities() === undefined &&
    server.getNegotiatedProtocolVersion() === undefined &&
    // Its level would be the next one's too.
    server.getCapabilities().logging === undefined
  );
}
