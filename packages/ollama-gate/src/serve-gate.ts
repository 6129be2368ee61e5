import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";

import { CodedError } from "@clawkeep/diagnostics";

import { forward } from "./forward.ts";
import type { GateEvent, GateLimits, GateRefusal } from "./gate-rules.ts";
import { defaultGateLimits } from "./gate-rules.ts";
import { judgeBody } from "./judge-body.ts";
import { judgeHead } from "./judge-head.ts";
import { readBody } from "./read-body.ts";

/** Where the gate listens. */
export type GateListen =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string };

/** What a gate is made of. */
export interface GateOptions {
  /** Where Ollama is: `http://HOST:PORT`, without a path. */
  readonly upstream: string;
  /** Models that are let through, exactly as clients write them. */
  readonly models: readonly string[];
  readonly listen: GateListen;
  /** Names beside `127.0.0.1`, `localhost` and `[::1]` by which clients may call the gate, such as a container's. */
  readonly hosts?: readonly string[];
  readonly limits?: Partial<GateLimits>;
  readonly record?: (event: GateEvent) => void;
  /** Milliseconds that requests under way are given when it stops. Default 5,000. */
  readonly graceMs?: number;
}

/** A gate that listens. */
export interface Gate {
  /** `http://HOST:PORT`, or the socket's path. */
  readonly address: string;
  /** Takes nothing new, lets what is under way end within the grace. */
  close(): Promise<void>;
}

/**
 * Serves the five paths of Ollama that an agent needs, for the models that are named, and records
 * everything that it refuses. A refused request reaches nothing: not one byte of it is sent to Ollama.
 *
 * @throws CodedError `GATE_UPSTREAM` for an address of another form, `GATE_LISTEN` when it cannot listen
 */
export async function serveGate(options: GateOptions): Promise<Gate> {
  const { record = () => {}, graceMs = 5000 } = options;
  const limits = { ...defaultGateLimits, ...options.limits };
  const context: Context = {
    upstream: upstreamOf(options.upstream),
    models: new Set(options.models),
    hosts: undefined,
    limits,
    record,
    underway: new Set(),
    abort: new AbortController(),
    isStopping: false,
  };
  const bounds = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
    // Nothing that is not in the standard: two meanings of one request are how one is smuggled.
    insecureHTTPParser: false,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const running = serve(request, response, context).catch(() => void response.destroy());
    context.underway.add(running);
    void running.finally(() => context.underway.delete(running));
  };
  const server = createServer(bounds, onRequest);
  // Without this Node asks for the body before the head was judged.
  server.on("checkContinue", onRequest);
  server.on("connect", (request, socket) => {
    recordRefusal(request, { status: 403, code: "GATE_METHOD", message: "" }, context);
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  server.on("clientError", (_error, socket) => {
    record({ event: "refuse", code: "GATE_HTTP", status: 400 });
    if (socket.writable) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    } else socket.destroy();
  });
  server.maxConnections = limits.connections;
  const address = await listen(server, options.listen);
  context.hosts = hostsOf(server, options);
  record({ event: "start" });
  return {
    address,
    close: async () => {
      context.isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const grace = setTimeout(() => context.abort.abort(), graceMs);
      await Promise.allSettled(context.underway);
      clearTimeout(grace);
      server.closeAllConnections();
      await closed;
      record({ event: "stop" });
    },
  };
}

interface Context {
  readonly upstream: URL;
  readonly models: ReadonlySet<string>;
  hosts: ReadonlySet<string> | undefined;
  readonly limits: GateLimits;
  readonly record: (event: GateEvent) => void;
  readonly underway: Set<Promise<void>>;
  readonly abort: AbortController;
  isStopping: boolean;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const began = performance.now();
  const { limits, underway, isStopping } = context;
  const refuse = (refusal: GateRefusal): void => {
    recordRefusal(request, refusal, context);
    answerRefusal(request, response, refusal);
  };
  const head = judgeHead(request, context.hosts);
  if ("status" in head) return refuse(head);
  if (isStopping || underway.size >= limits.inFlight) {
    return refuse({ status: 503, code: "GATE_BUSY", message: "too much is under way" });
  }
  let body: Uint8Array | undefined;
  let model: string | undefined;
  if (head.route.namesModel) {
    if (request.headers.expect !== undefined) response.writeContinue();
    const read = await readBody(request, limits.bodyBytes);
    if (read === undefined) {
      return refuse({ status: 413, code: "GATE_BODY", message: "the body is too long" });
    }
    const judged = judgeBody(read, context.models);
    if ("status" in judged) return refuse(judged);
    ({ model, bytes: body } = judged);
  }
  const answered = await forward(
    {
      upstream: context.upstream,
      to: head,
      body,
      silenceMs: limits.silenceMs,
      signal: context.abort.signal,
    },
    response,
  );
  context.record({
    event: "pass",
    target: head.path,
    status: answered.status,
    code: answered.code,
    ms: Math.round(performance.now() - began),
    bytesIn: body?.length ?? 0,
    bytesOut: answered.bytesOut,
    ...(model === undefined ? {} : { model }),
  });
}

function recordRefusal(request: IncomingMessage, refusal: GateRefusal, { record }: Context): void {
  const { status, code } = refusal;
  const cut = (text: string | undefined): string => (text ?? "").slice(0, 200);
  record({
    event: "refuse",
    status,
    code,
    method: cut(request.method),
    target: cut(request.url),
  });
}

/** The connection ends with the answer: what follows on it, such as the refused body, is read as nothing. */
function answerRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: GateRefusal,
): void {
  const bytes = Buffer.from(`${JSON.stringify({ error: message, code })}\n`);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.length,
    connection: "close",
  });
  response.end(bytes, () => request.socket.destroySoon());
}

function upstreamOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url?.protocol === "http:" &&
    url.pathname === "/" &&
    `${url.username}${url.password}${url.search}${url.hash}` === "";
  if (url !== undefined && isPlain) return url;
  throw new CodedError({
    code: "GATE_UPSTREAM",
    message: `expected http://HOST:PORT of Ollama, got ${text}`,
    hint: "Neither a path such as /v1 nor a user belongs into it.",
  });
}

async function listen(server: Server, at: GateListen): Promise<string> {
  const place = "socket" in at ? at.socket : `${at.host}:${at.port}`;
  try {
    if ("socket" in at) await removeDead(at.socket);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      if ("socket" in at) server.listen(at.socket, resolve);
      else server.listen(at.port, at.host, resolve);
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError({
      code: "GATE_LISTEN",
      message: `expected to listen at ${place}: ${why}`,
      hint: "Stop what listens there, or name another place.",
      cause,
    });
  }
  // The owner and his group: the gateway has another uid and shares a group.
  if ("socket" in at) chmodSync(at.socket, 0o660);
  const bound = server.address();
  if (bound === null || typeof bound === "string") return place;
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return `http://${host}:${bound.port}`;
}

/** Removes the socket of a gate that was killed. One that answers stays, and so does what is no socket. */
async function removeDead(socket: string): Promise<void> {
  const stats = lstatSync(socket, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error("something that is no socket is there");
  const answers = await new Promise<boolean>((resolve) => {
    const tried = connect(socket);
    tried.on("connect", () => {
      tried.destroy();
      resolve(true);
    });
    tried.on("error", () => resolve(false));
  });
  if (answers) throw new Error("another program answers there");
  unlinkSync(socket);
}

function hostsOf(
  server: Server,
  { listen: at, hosts = [] }: GateOptions,
): ReadonlySet<string> | undefined {
  if ("socket" in at) return undefined;
  const { port } = server.address() as AddressInfo;
  const names = ["127.0.0.1", "localhost", "[::1]", ...hosts];
  return new Set(names.map((name) => `${name.toLowerCase()}:${port}`));
}
