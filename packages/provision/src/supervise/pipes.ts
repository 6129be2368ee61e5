import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { ListenOptions, Server, Socket, TcpNetConnectOpts, IpcNetConnectOpts } from "node:net";

import { CodedError } from "@clawkeep/diagnostics";

/** Bytes that come in at one place go out at another, and back. */
export interface Pipe {
  readonly from: PipeEnd;
  readonly to: PipeEnd;
}

/** An address of TCP, or a Unix socket; one that is listened at may be used by its group. */
export type PipeEnd =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string };

/**
 * Reads `FROM=TO`, each `tcp:HOST:PORT` or `unix:/PATH`.
 *
 * @throws CodedError `PIPE_WRITTEN`
 */
export function parsePipe(text: string): Pipe {
  const at = text.indexOf("=");
  const [from, to] = [endOf(text.slice(0, at)), endOf(text.slice(at + 1))];
  if (at > 0 && from !== undefined && to !== undefined) return { from, to };
  throw new CodedError({
    code: "PIPE_WRITTEN",
    message: `expected FROM=TO, each tcp:HOST:PORT or unix:/PATH, got ${text}`,
  });
}

/** Opens pipes; what is under way ends with `close`. */
export async function openPipes(pipes: readonly Pipe[]): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(
      servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  };
  try {
    for (const { from, to } of pipes) {
      const server = createServer({ allowHalfOpen: true }, (near) => join(near, to, sockets));
      // Whoever was killed here has left it; nobody else may write this folder.
      if ("socket" in from) rmSync(from.socket, { force: true });
      const place: ListenOptions = "socket" in from ? { path: from.socket } : from;
      server.listen(place);
      await once(server, "listening");
      if ("socket" in from) chmodSync(from.socket, 0o660);
      servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

function join(near: Socket, to: PipeEnd, sockets: Set<Socket>): void {
  const place: TcpNetConnectOpts | IpcNetConnectOpts = "socket" in to ? { path: to.socket } : to;
  const far = connect({ ...place, allowHalfOpen: true });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(one);
    // One that breaks off breaks the other off too: a client must not take half an answer for a whole one.
    one.on("error", () => other.destroy());
    one.on("close", (hadError) => {
      sockets.delete(one);
      if (hadError) other.destroy();
    });
    one.pipe(other);
  }
}

function endOf(text: string): PipeEnd | undefined {
  if (text.startsWith("unix:/")) return { socket: text.slice("unix:".length) };
  const [, host, port] = /^tcp:([0-9a-z.]+):([0-9]{1,5})$/u.exec(text) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}
