import type { IncomingMessage } from "node:http";

import type { GateRefusal, GateRoute } from "./gate-rules.ts";
import { gateRoutes } from "./gate-rules.ts";

/** A request whose head is in order. */
export interface GatePath {
  readonly path: string;
  readonly route: GateRoute;
}

/**
 * Judges a request by its head, before a byte of its body is read. The target is compared byte for
 * byte with what is allowed and never decoded, joined or normalised: `//api/pull`, `/api/%70ull`,
 * `/api/chat/../pull`, `http://host/api/pull` and `/api/chat?x` are all just other texts.
 *
 * @param hosts Values of `Host` that are answered, lower case; `undefined` answers all (a Unix socket,
 *   which no browser reaches).
 */
export function judgeHead(
  request: IncomingMessage,
  hosts: ReadonlySet<string> | undefined,
): GatePath | GateRefusal {
  const { headers, headersDistinct, url = "", method = "" } = request;
  const named = headersDistinct["host"] ?? [];
  if (hosts !== undefined && (named.length !== 1 || !hosts.has((named[0] ?? "").toLowerCase()))) {
    return refuse(421, "GATE_HOST", "this gate does not answer for that host");
  }
  const site = headers["sec-fetch-site"];
  if (headers.origin !== undefined || (site !== undefined && site !== "none")) {
    return refuse(403, "GATE_BROWSER", "pages of a browser are not served");
  }
  const route = gateRoutes.get(url);
  if (route === undefined) return refuse(403, "GATE_PATH", "this path is not let through");
  if (route.method !== method) return refuse(403, "GATE_METHOD", "this method is not let through");
  if (headers.upgrade !== undefined) {
    return refuse(403, "GATE_UPGRADE", "no other protocol is spoken");
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return refuse(415, "GATE_ENCODING", "expected a body that is not compressed");
  }
  if (!route.namesModel && hasBody(request)) {
    return refuse(400, "GATE_BODY", "expected no body");
  }
  return { path: url, route };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function refuse(status: number, code: string, message: string): GateRefusal {
  return { status, code, message };
}
