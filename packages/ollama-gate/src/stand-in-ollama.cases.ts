import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";

/** What a stand-in for Ollama got. */
export interface Reached {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** A server that answers everything as Ollama would, pulls and deletes included, and records it. */
export interface StandInOllama {
  readonly address: string;
  readonly reached: readonly Reached[];
  close(): Promise<void>;
}

export async function standInOllama(
  answer: (target: string, response: ServerResponse) => void = plain,
): Promise<StandInOllama> {
  const reached: Reached[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url = "", rawHeaders } = request;
      const headers = rawHeaders.filter((_text, index) => index % 2 === 0);
      const body = Buffer.concat(parts).toString("utf8");
      reached.push({
        method,
        target: url,
        headers: headers.map((name) => name.toLowerCase()),
        body,
      });
      answer(url, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function plain(target: string, response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ from: target, models: [], version: "0.17.4" }));
}

/** Sends bytes as they are, and gives what came back until the connection ended. */
export function sendRaw(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let got = "";
    socket.on("data", (part: Buffer) => (got += part.toString("latin1")));
    socket.on("error", () => resolve(got));
    socket.on("close", () => resolve(got));
    socket.write(text.replaceAll("HOST", `${hostname}:${port}`));
  });
}
