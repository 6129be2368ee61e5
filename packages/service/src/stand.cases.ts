import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { accessTokens } from "./http/access-tokens.ts";
import { jsonReply } from "./http/http-route.ts";
import { serveHttp } from "./http/serve-http.ts";
import type { HttpService, HttpServiceOptions } from "./http/serve-http.ts";
import { serveLines } from "./lines/serve-lines.ts";
import type { LineService, LineServiceOptions } from "./lines/serve-lines.ts";
import { claimPlace } from "./place/claim-place.ts";
import { socketPlace } from "./place/socket-place.ts";
import type { SocketPlace } from "./place/socket-place.ts";
import type { Release } from "./release.ts";

/** The release that tests serve. */
export const release: Release = { version: "1.2.3", built: 7 };
export const token: string = "t".repeat(40);

/** A private folder that is removed with `using`. */
export function scratch(): { readonly folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-service-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An echo service at a new place. */
export async function echoLines(
  home: string,
  options: Partial<LineServiceOptions> = {},
): Promise<{
  readonly place: SocketPlace;
  readonly service: LineService;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const place = socketPlace(home, "echo");
  const claim = await claimPlace(place, options.release ?? release);
  if (claim.kind !== "claimed") throw new Error("somebody else serves");
  const service = await serveLines(place, claim.lock, {
    release,
    methods: { echo: async (input) => input },
    ...options,
  });
  return { place, service, [Symbol.asyncDispose]: () => service.close() };
}

/** Writes these bytes and gives everything that comes until the other side ends the connection. */
export async function talk(socket: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const connection = connect(socket, () => connection.write(bytes));
    connection.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    connection.on("error", () => {});
    connection.on("close", () => resolve(said));
  });
}

/** How often the echo route was reached. */
export interface HttpStand {
  readonly service: HttpService;
  readonly reached: () => number;
  ask(asked?: HttpQuestion): Promise<HttpAnswer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A request as it goes over the wire; nothing is added but the token, unless other headers say so. */
export interface HttpQuestion {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Send no token. */
  readonly anonymous?: boolean;
  readonly body?: string;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A service with one route, `/echo`. */
export async function echoHttp(options: Partial<HttpServiceOptions> = {}): Promise<HttpStand> {
  let reached = 0;
  const service = await serveHttp({
    tokens: accessTokens([{ id: "tester", token }]),
    routes: [
      {
        path: "/echo",
        methods: ["POST"],
        bodyBytes: 1000,
        handle: async ({ body, caller }) => {
          reached += 1;
          return jsonReply(200, { caller, body: Buffer.from(body).toString("utf8") });
        },
      },
    ],
    ...options,
  });
  return {
    service,
    reached: () => reached,
    ask: ({
      path: at = "/echo",
      method = "POST",
      headers = {},
      body = "{}",
      anonymous = false,
    } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            port: service.port,
            host: "127.0.0.1",
            path: at,
            agent: false,
            method,
            headers: {
              ...(anonymous ? {} : { authorization: `Bearer ${token}` }),
              ...(method === "POST" ? { "content-type": "application/json" } : {}),
              ...headers,
            },
          },
          (response) => {
            let text = "";
            response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
            response.on("end", () => {
              resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
            });
          },
        );
        sent.on("error", reject);
        sent.end(method === "POST" ? body : undefined);
      }),
    [Symbol.asyncDispose]: () => service.close(),
  };
}
