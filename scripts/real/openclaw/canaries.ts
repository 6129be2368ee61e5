import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { spawnSync } from "node:child_process";

import { outsideAddress } from "./private-world.ts";
import type { Stand } from "./stand.ts";

/** Listeners that stand for the whole world outside, and for services that lie about on a machine. */
export interface Canaries extends AsyncDisposable {
  /** A name of the world outside; it resolves to where we listen, as every name does here. */
  readonly host: string;
  /** Paths of sockets that anybody may connect to. */
  readonly sockets: readonly string[];
  /** What arrived: `tcp 80: GET /x …`, `socket PATH: …`, `name HOST`. */
  readonly arrived: string[];
}

const tcpPorts = [22, 80, 443, 8080, 11_434];

export async function openCanaries(stand: Stand, folders: readonly string[]): Promise<Canaries> {
  const arrived: string[] = [];
  const servers = tcpPorts.map((port) => listener(`tcp ${port}`, arrived));
  await Promise.all(
    servers.map(async (server, at) => {
      server.listen(tcpPorts[at], outsideAddress);
      await once(server, "listening");
    }),
  );
  const sockets = folders.map((folder) => path.join(folder, "canary.sock"));
  for (const at of sockets) {
    const server = listener(`socket ${at}`, arrived);
    server.listen(at);
    await once(server, "listening");
    chmodSync(at, 0o777);
    servers.push(server);
  }
  const names = await answerNames(stand, arrived);
  return {
    host: "canary.example",
    sockets,
    arrived,
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.close();
      names.close();
      for (const at of sockets) rmSync(at, { force: true });
      await Promise.resolve();
    },
  };
}

function listener(name: string, arrived: string[]): ReturnType<typeof createServer> {
  return createServer((connection) => {
    let said = "nothing";
    connection.on("error", () => connection.destroy());
    connection.once("data", (chunk: Buffer) => {
      // A TLS greeting is mostly noise; the name of the host in it is not.
      said = (chunk.toString("latin1").match(/[\u0020-\u007e]{8,}/gu) ?? []).join(" ");
      arrived.push(`${name}: ${said}`);
      connection.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    connection.once("close", () => said === "nothing" && arrived.push(`${name}: ${said}`));
  });
}

/** A resolver that knows every name: what would have left by a name, or for it, is seen. */
async function answerNames(
  stand: Stand,
  arrived: string[],
): Promise<ReturnType<typeof createSocket>> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, end } = questionOf(query);
    arrived.push(`name ${name}`);
    const isAddress = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from([0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
    const address = Buffer.from([
      ...[0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4],
      ...outsideAddress.split(".").map(Number),
    ]);
    const parts = [query.subarray(0, 2), head, query.subarray(12, end)];
    socket.send(Buffer.concat(isAddress ? [...parts, address] : parts), from.port, from.address);
  });
  socket.bind(53, outsideAddress);
  await once(socket, "listening");
  const file = path.join(stand.world.base, "resolv.conf");
  writeFileSync(file, `nameserver ${outsideAddress}\noptions timeout:1 attempts:1\n`);
  const bound = spawnSync("mount", ["--bind", file, "/etc/resolv.conf"], { encoding: "utf8" });
  if (bound.status !== 0) throw new Error(`mount: ${bound.stderr}`);
  return socket;
}

function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), end: at + 5 };
}
