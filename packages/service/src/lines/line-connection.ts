import type { Socket } from "node:net";

import type { TokenBucket } from "../limits/token-bucket.ts";
import type { Release } from "../release.ts";
import { compareReleases } from "../release.ts";
import type { ServiceLog } from "../service-log.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { LineLimits, LineMethod } from "./line-limits.ts";
import type { LineFailure, LineRequest } from "./line-protocol.ts";
import { failureLine, failureOf, parseLineRequest, replyLine } from "./line-protocol.ts";
import { splitLines } from "./split-lines.ts";

/** What the connections of one service share. */
export interface LineContext {
  readonly release: Release;
  readonly limits: LineLimits;
  readonly serialise: (output: unknown) => string;
  readonly log: ServiceLog;
  readonly metrics?: ServiceMetrics;
  readonly bucket: TokenBucket;
  readonly inFlight: Set<Promise<void>>;
  readonly connections: Set<Socket>;
  /** Ends what is under way. */
  readonly abort: AbortController;
  isStopping: boolean;
  readonly methods: ReadonlyMap<string, LineMethod>;
  /** Called when a request has ended. */
  readonly settled: () => void;
}

/** Serves one connection until either side ends it. */
export function serveConnection(connection: Socket, context: LineContext): void {
  const { limits, log } = context;
  /** The last that this connection hears. */
  const refuse = (code: string, message: string): void => {
    log({ event: "refuse", code });
    connection.removeAllListeners("data");
    // What still comes is let fall; its end is noticed only by reading.
    connection.resume();
    connection.end(failureLine(0, { code, message }));
    // Who does not listen is not waited for.
    setTimeout(() => connection.destroy(), 1000).unref();
  };
  connection.on("error", () => connection.destroy());
  if (context.connections.size >= limits.connections) {
    refuse("SERVICE_CONNECTIONS", `${limits.connections} connections are open`);
    return;
  }
  context.connections.add(connection);
  const gone = new AbortController();
  const splitter = splitLines(limits.lineBytes);
  let underway = 0;
  let partial: NodeJS.Timeout | undefined;
  connection.setTimeout(limits.quietMs, () => {
    if (underway === 0) connection.destroy();
  });
  connection.on("close", () => {
    context.connections.delete(connection);
    clearTimeout(partial);
    gone.abort();
  });

  const send = (line: string): void => {
    if (!connection.writable) return;
    connection.write(line);
    if (connection.writableLength > limits.unreadBytes) connection.destroy();
  };
  const answer = async (request: LineRequest, bytesIn: number): Promise<void> => {
    const began = performance.now();
    const refusal = refusalOf(request, context, underway);
    let code = "ok";
    let line: string;
    underway += 1;
    try {
      if (refusal !== undefined) {
        [code, line] = [refusal.code, failureLine(request.id, refusal)];
      } else {
        const method = context.methods.get(request.method);
        const signal = AbortSignal.any([gone.signal, context.abort.signal]);
        const output: unknown = await method?.(request.input, signal);
        line = replyLine(request.id, context.serialise(output ?? null));
      }
    } catch (error) {
      const failure = failureOf(error);
      [code, line] = [failure.code, failureLine(request.id, failure)];
    }
    underway -= 1;
    send(line);
    const ms = Math.round((performance.now() - began) * 10) / 10;
    const route = context.methods.has(request.method) ? request.method : "unknown";
    context.metrics?.request(route, code, ms);
    log({ event: "request", route, code, ms, bytesIn, bytesOut: Buffer.byteLength(line) });
  };

  connection.on("data", (chunk: Buffer) => {
    const lines = splitter.push(chunk);
    if (lines === undefined) {
      refuse("SERVICE_LINE_TOO_LONG", `a request has at most ${limits.lineBytes} bytes`);
      return;
    }
    for (const line of lines) {
      const request = parseLineRequest(line);
      if (request === undefined) {
        refuse("SERVICE_REQUEST", 'expected lines such as {"id":1,"method":"hello"}');
        return;
      }
      const running = answer(request, line.length);
      context.inFlight.add(running);
      void running.finally(() => {
        context.inFlight.delete(running);
        context.settled();
      });
    }
    if (lines.length > 0 || splitter.pendingBytes === 0) {
      clearTimeout(partial);
      partial = undefined;
    }
    // Not begun anew by each byte: that is how a slow client would hold a connection for ever.
    if (splitter.pendingBytes > 0 && partial === undefined) {
      partial = setTimeout(() => {
        refuse("SERVICE_TOO_SLOW", `a request has to end within ${limits.partialMs} ms`);
      }, limits.partialMs);
    }
  });
}

function refusalOf(
  request: LineRequest,
  context: LineContext,
  underway: number,
): LineFailure | undefined {
  const { limits, release } = context;
  if (!context.methods.has(request.method)) {
    const known = [...context.methods.keys()].join(", ");
    return { code: "SERVICE_METHOD", message: `expected one of the methods ${known}` };
  }
  // To be told from, and replaced by, another release is possible whatever else holds.
  const isControl = request.method === "hello" || request.method === "stop";
  if (isControl) return undefined;
  if (context.isStopping) {
    return { code: "SERVICE_STOPPING", message: "the service takes nothing new" };
  }
  if (request.release !== undefined && compareReleases(request.release, release) !== 0) {
    const message = "another release of the program serves here";
    return { code: "SERVICE_RELEASE", message, release };
  }
  if (underway >= limits.inFlight || context.inFlight.size >= limits.inFlightOfAll) {
    return { code: "SERVICE_FULL", message: "as many requests are under way as may be" };
  }
  return context.bucket.take()
    ? undefined
    : {
        code: "SERVICE_RATE",
        message: "more requests a second than are taken",
        hint: "Try later.",
      };
}
