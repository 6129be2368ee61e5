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
 * @param hosts What the service may be called: {@link loopbackHosts}.
 */
export function guardRequest(
  request: IncomingMessage,
  hosts: readonly string[],
): HttpRefusal | undefined {
  const { host, origin } = request.headers;
  // HTTP/1.1 allows one Host only; Node joins none, and keeps the first of two: both are looked at.
  if (
    host === undefined ||
    timesNamed(request.rawHeaders, "host") !== 1 ||
    !hosts.includes(host.toLowerCase())
  ) {
    return { status: 421, code: "HTTP_HOST", message: "this service answers for loopback only" };
  }
  const site = request.headers["sec-fetch-site"];
  const isPage = origin !== undefined || (site !== undefined && site !== "none");
  if (isPage) {
    return { status: 403, code: "HTTP_ORIGIN", message: "pages of a browser are not served" };
  }
  return undefined;
}

/** The names of a service that listens at a port of loopback. */
export function loopbackHosts(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
}

/** @param raw Names and values in turn, as they came. */
function timesNamed(raw: readonly string[], name: string): number {
  let times = 0;
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === name) times += 1;
  }
  return times;
}
