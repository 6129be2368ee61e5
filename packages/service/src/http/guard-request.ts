import type { IncomingMessage } from "node:http";

/** Why a request goes no further. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Refuses what no client of ours sends: a page of a browser that reached this port, by its own name for
 * it (DNS rebinding) or from its own origin, also when it somehow has the token.
 *
 * @param port That the service listens at.
 */
export function guardRequest(request: IncomingMessage, port: number): HttpRefusal | undefined {
  const { host, origin } = request.headers;
  const names = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  // HTTP/1.1 allows one Host only; Node joins none, and keeps the first of two: both are looked at.
  const hosts = request.headersDistinct["host"] ?? [];
  if (hosts.length !== 1 || host === undefined || !names.includes(host.toLowerCase())) {
    return { status: 421, code: "HTTP_HOST", message: "this service answers for loopback only" };
  }
  const site = request.headers["sec-fetch-site"];
  const isPage = origin !== undefined || (site !== undefined && site !== "none");
  if (isPage) {
    return { status: 403, code: "HTTP_ORIGIN", message: "pages of a browser are not served" };
  }
  return undefined;
}
