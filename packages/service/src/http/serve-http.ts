import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";

import type { Rate } from "../limits/token-bucket.ts";
import { TokenBucket } from "../limits/token-bucket.ts";
import type { ServiceLog } from "../service-log.ts";
import { noLog } from "../service-log.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { guardRequest, loopbackHosts } from "./guard-request.ts";
import type { HttpRefusal } from "./guard-request.ts";
import type { HttpReply, HttpRoute } from "./http-route.ts";
import { jsonReply } from "./http-route.ts";
import { readBody } from "./read-body.ts";

/** Bounds of the HTTP form. */
export interface HttpLimits {
  readonly connections: number;
  /** Requests under way at one time. */
  readonly inFlight: number;
  /** Of one token. */
  readonly rate: Rate;
  /** Milliseconds for the headers, and for the whole request. */
  readonly headersMs: number;
  readonly requestMs: number;
}

/** What is used where a service sets no bound of its own. */
export const defaultHttpLimits: HttpLimits = {
  connections: 128,
  inFlight: 128,
  rate: { perSecond: 1000, burst: 2000 },
  headersMs: 5000,
  requestMs: 30_000,
};

/** What is served by HTTP. */
export interface HttpServiceOptions {
  readonly tokens: AccessTokens;
  readonly routes: readonly HttpRoute[];
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly limits?: Partial<HttpLimits>;
  /** What is not ready yet, for `/readyz`. Default: nothing. */
  readonly failing?: () => readonly string[];
  /** Milliseconds that requests under way are given when it stops. Default 5,000. */
  readonly graceMs?: number;
  /** Called when a route begins to answer who has a token; what it returns, when it has. For a clock of idle time. */
  readonly hold?: () => () => void;
  readonly log?: ServiceLog;
  readonly metrics?: ServiceMetrics;
}

/** A service that listens on 127.0.0.1. */
export interface HttpService {
  readonly port: number;
  /** Takes nothing new, lets what is under way end within the grace. */
  close(): Promise<void>;
}

/**
 * Serves HTTP on loopback. Every route needs a token; `/healthz` and `/readyz` say one word without one,
 * `/metrics` needs one. A request is refused before its body is read, wherever that can be told.
 *
 * @throws CodedError `HTTP_LISTEN` when the port is taken
 */
export async function serveHttp(options: HttpServiceOptions): Promise<HttpService> {
  const { log = noLog, metrics, graceMs = 5000 } = options;
  const limits = { ...defaultHttpLimits, ...options.limits };
  const context: Context = {
    options,
    limits,
    log,
    buckets: new Map(),
    underway: new Set(),
    calls: new Set(),
    isOver: false,
    hosts: [],
    isStopping: false,
  };
  const bounds = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    // Node looks every 30 seconds unless told otherwise: the bounds would hold six times as long.
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
  };
  const server = createServer(bounds, (request, response) => {
    const running = serve(request, response, context).catch(() => {
      response.destroy();
    });
    context.underway.add(running);
    void running.finally(() => context.underway.delete(running));
  });
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `expected to listen at 127.0.0.1:${options.port ?? 0}: ${cause.message}`;
      reject(new CodedError({ code: "HTTP_LISTEN", message, cause }));
    });
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  context.hosts = loopbackHosts(port);
  metrics?.gauge("http_in_flight", () => context.underway.size);
  return {
    port,
    close: async () => {
      context.isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const grace = setTimeout(() => {
        context.isOver = true;
        for (const call of context.calls) call.abort(ended);
      }, graceMs);
      await Promise.allSettled(context.underway);
      clearTimeout(grace);
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Context {
  readonly options: HttpServiceOptions;
  readonly limits: HttpLimits;
  readonly log: ServiceLog;
  readonly buckets: Map<string, TokenBucket>;
  readonly underway: Set<Promise<void>>;
  /** Of the routes that are answering. */
  readonly calls: Set<AbortController>;
  /** Set with the end of the grace. */
  isOver: boolean;
  /** What this service may be called; empty until it listens. */
  hosts: readonly string[];
  isStopping: boolean;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const { options, log } = context;
  const began = performance.now();
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const route = options.routes.find((candidate) => candidate.path === path);
  const name = route?.path ?? (own.has(path) ? path : "unknown");
  const caller = options.tokens.authenticate(request.headers.authorization);
  const refusal = guardRequest(request, context.hosts);
  const bytesIn = Number(request.headers["content-length"] ?? 0);
  let reply: HttpReply;
  let code: string;
  if (refusal !== undefined) {
    [reply, code] = [refused(refusal, route), refusal.code];
  } else if (path === "/healthz" || path === "/readyz") {
    [reply, code] = [probe(path, context), "ok"];
  } else {
    [reply, code] = await answer(request, response, context, { route, path, caller });
  }
  const status = reply.status;
  // Before the last byte is out: who has the answer finds it counted.
  const ms = Math.round((performance.now() - began) * 10) / 10;
  options.metrics?.request(name, code, ms);
  const sent = send(request, response, reply);
  const who = caller === undefined ? {} : { caller };
  log({
    event: status < 400 ? "request" : "refuse",
    route: name,
    status,
    code,
    ms,
    bytesIn,
    ...who,
  });
  await sent;
}

/** Why a call's signal is aborted. One for all: to make one for each takes longer than most of a call. */
const ended = new CodedError({ code: "HTTP_ENDED", message: "the request has ended" });
const own = new Set(["/healthz", "/readyz", "/metrics"]);

function probe(path: string, { options, isStopping }: Context): HttpReply {
  if (path === "/healthz") return jsonReply(200, { ok: true });
  const failing = isStopping ? ["stopping"] : (options.failing?.() ?? []);
  return jsonReply(failing.length === 0 ? 200 : 503, { ready: failing.length === 0, failing });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
  asked: {
    readonly route?: HttpRoute | undefined;
    readonly path: string;
    readonly caller?: string | undefined;
  },
): Promise<readonly [HttpReply, string]> {
  const { options, limits } = context;
  const { route, caller } = asked;
  const refuse = (refusal: HttpRefusal): readonly [HttpReply, string] => [
    refused(refusal, route),
    refusal.code,
  ];
  if (caller === undefined) {
    return refuse({
      status: 401,
      code: "HTTP_TOKEN",
      message: "expected Authorization: Bearer TOKEN",
    });
  }
  const bucket = context.buckets.get(caller) ?? new TokenBucket(limits.rate);
  context.buckets.set(caller, bucket);
  if (!bucket.take()) {
    return refuse({
      status: 429,
      code: "HTTP_RATE",
      message: "more requests a second than are taken",
    });
  }
  if (context.isStopping || context.underway.size > limits.inFlight) {
    return refuse({ status: 503, code: "HTTP_FULL", message: "nothing more is taken now" });
  }
  if (asked.path === "/metrics" && options.metrics !== undefined) {
    const headers = { "content-type": "text/plain; version=0.0.4" };
    return [{ status: 200, headers, body: options.metrics.text() }, "ok"];
  }
  if (route === undefined) {
    return refuse({ status: 404, code: "HTTP_PATH", message: "there is no such path" });
  }
  const method = request.method ?? "";
  if (!route.methods.some((known) => known === method)) {
    const [reply, code] = refuse({
      status: 405,
      code: "HTTP_METHOD",
      message: "not by this method",
    });
    return [{ ...reply, headers: { ...reply.headers, allow: route.methods.join(", ") } }, code];
  }
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (method === "POST" && type !== "application/json") {
    return refuse({ status: 415, code: "HTTP_TYPE", message: "expected application/json" });
  }
  const body = await readBody(request, route.bodyBytes ?? 1_048_576);
  if (body === undefined) {
    return refuse({ status: 413, code: "HTTP_BODY", message: "the body is longer than is taken" });
  }
  // One of its own for each call: dependent signals stay known to the one that they depend on.
  const gone = new AbortController();
  context.calls.add(gone);
  if (context.isOver) gone.abort(ended);
  const release = options.hold?.();
  response.once("close", () => {
    context.calls.delete(gone);
    gone.abort(ended);
    release?.();
  });
  try {
    const reply = await route.handle({
      method,
      path: asked.path,
      headers: request.headers,
      body,
      caller,
      signal: gone.signal,
    });
    return [reply, reply.status < 400 ? "ok" : `HTTP_${reply.status}`];
  } catch (error) {
    return isCodedError(error)
      ? refuse({
          status: route.statusOf?.(error.code) ?? 400,
          code: error.code,
          message: error.message,
        })
      : refuse({ status: 500, code: "INTERNAL", message: "the service failed to answer" });
  }
}

function refused({ status, code, message }: HttpRefusal, route: HttpRoute | undefined): HttpReply {
  const body = route?.error?.(status, code, message) ?? { error: { code, message } };
  const reply = jsonReply(status, body);
  return status === 401
    ? { ...reply, headers: { ...reply.headers, "www-authenticate": "Bearer" } }
    : reply;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpReply,
): Promise<void> {
  if (response.destroyed) return;
  // What of the body was not read will not be: the connection ends with the answer.
  const unread = request.complete ? {} : { connection: "close" };
  const isWhole = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  // With its length an answer is one write, and one packet to read.
  const length =
    isWhole && !withoutBody(status) ? { "content-length": Buffer.byteLength(body ?? "") } : {};
  response.writeHead(status, { ...fixed, ...headers, ...length, ...unread });
  if (isWhole) {
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.end(body, () => resolve());
    });
    return;
  }
  for await (const part of body) {
    if (response.destroyed) return;
    if (!response.write(part)) await drained(response);
  }
  response.end();
}

/** What every answer has. */
const fixed = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Until more may be written, or there is nobody to write to any more. */
function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  return promise;
}

/** Such answers must not say how long they are. */
function withoutBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}
