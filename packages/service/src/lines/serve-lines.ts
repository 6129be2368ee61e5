import { createServer } from "node:net";

import type { Lock } from "@clawkeep/durable-files";

import { bindSocket } from "../place/bind-socket.ts";
import type { SocketPlace } from "../place/socket-place.ts";
import type { Release } from "../release.ts";
import { TokenBucket } from "../limits/token-bucket.ts";
import type { ServiceLog } from "../service-log.ts";
import { noLog } from "../service-log.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { LineContext } from "./line-connection.ts";
import { serveConnection } from "./line-connection.ts";
import type { LineLimits, LineMethod } from "./line-limits.ts";
import { defaultLineLimits } from "./line-limits.ts";

/** What is served. */
export interface LineServiceOptions {
  readonly release: Release;
  /** Besides `hello` and `stop`, which every service has. */
  readonly methods: Readonly<Record<string, LineMethod>>;
  readonly limits?: Partial<LineLimits>;
  /** Milliseconds without a request after which the service stops. Default: never. */
  readonly idleMs?: number;
  /** Milliseconds that requests under way are given when it stops. Default 5,000. */
  readonly graceMs?: number;
  /** Default `JSON.stringify`. */
  readonly serialise?: (output: unknown) => string;
  readonly log?: ServiceLog;
  readonly metrics?: ServiceMetrics;
}

/** Why a service ended. */
export type StopReason = "idle" | "asked" | "closed";

/** A service that listens. */
export interface LineService {
  /** Settles when nothing listens any more and the place is free. */
  readonly done: Promise<StopReason>;
  /**
   * Keeps the service from being idle until what is returned is called, and then its idle time begins anew. For
   * requests that come another way.
   */
  hold(): () => void;
  /** Takes nothing new, lets what is under way end within the grace, and gives the place back. */
  close(): Promise<void>;
}

/**
 * Serves requests of the line protocol at a place that was claimed, until it is closed, asked to stop,
 * or idle. Each connection may ask many things at once; replies come when they are ready.
 *
 * @param lock Of `claimPlace`; it is closed with the service, or when it cannot be started.
 * @throws CodedError `SERVICE_PATH_TAKEN`
 */
export async function serveLines(
  place: SocketPlace,
  lock: Lock,
  options: LineServiceOptions,
): Promise<LineService> {
  const { release, graceMs = 5000, log = noLog, metrics } = options;
  const limits = { ...defaultLineLimits, ...options.limits };
  const ended = Promise.withResolvers<StopReason>();
  const began = performance.now();
  let stopping: Promise<void> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let held = 0;

  const stop = (reason: StopReason): Promise<void> =>
    (stopping ??= (async () => {
      clearTimeout(idle);
      context.isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const grace = setTimeout(() => context.abort.abort(), graceMs);
      await Promise.allSettled(context.inFlight);
      clearTimeout(grace);
      for (const connection of context.connections) connection.end();
      const hard = setTimeout(() => {
        for (const connection of context.connections) connection.destroy();
      }, 500);
      await closed;
      clearTimeout(hard);
      lock.close();
      log({ event: "stop", code: reason });
      ended.resolve(reason);
    })());
  const isQuiet = (): boolean => context.inFlight.size === 0 && held === 0;
  const awaitIdle = (): void => {
    clearTimeout(idle);
    if (options.idleMs !== undefined && stopping === undefined && isQuiet()) {
      // A request that is under way by then starts the clock again when it has ended.
      idle = setTimeout(() => void (isQuiet() && stop("idle")), options.idleMs);
    }
  };
  const context: LineContext = {
    release,
    limits,
    serialise: options.serialise ?? ((output) => JSON.stringify(output)),
    log,
    ...(metrics === undefined ? {} : { metrics }),
    bucket: new TokenBucket(limits.rate),
    inFlight: new Set(),
    connections: new Set(),
    abort: new AbortController(),
    isStopping: false,
    settled: awaitIdle,
    methods: new Map<string, LineMethod>([
      ...Object.entries(options.methods),
      [
        "hello",
        async () => ({ release, pid: process.pid, upMs: Math.round(performance.now() - began) }),
      ],
      [
        "stop",
        async () => {
          // After this reply.
          setImmediate(() => void stop("asked"));
          return { stopping: true };
        },
      ],
    ]),
  };
  const server = createServer((connection) => serveConnection(connection, context));
  try {
    await bindSocket(server, place.socket);
  } catch (error) {
    lock.close();
    throw error;
  }
  metrics?.gauge("connections", () => context.connections.size);
  log({ event: "start", pid: process.pid });
  awaitIdle();
  return {
    done: ended.promise,
    hold: () => {
      held += 1;
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        held -= 1;
        awaitIdle();
      };
    },
    close: () => stop("closed"),
  };
}
