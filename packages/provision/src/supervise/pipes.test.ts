import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { openPipes, parsePipe } from "./pipes.ts";

let base = "";
let server: Server;
let port = 0;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "ck-pipe-"));
  // Answers when the question has ended: half of a connection stays open.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = "";
    socket.on("data", (part: Buffer) => (asked += part.toString("latin1")));
    socket.on("end", () => socket.end(asked.toUpperCase()));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

async function ask(path: string, text: string): Promise<string> {
  const socket = connect(path);
  socket.end(text);
  let heard = "";
  socket.on("data", (part: Buffer) => (heard += part.toString("latin1")));
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  return heard;
}

test("what goes in at a socket comes out at an address, whole, through two pipes", async () => {
  const [first, second] = [join(base, "a.sock"), join(base, "b.sock")];
  // What a killed one has left is no obstacle.
  writeFileSync(first, "");
  await using _pipes = await openPipes([
    parsePipe(`unix:${first}=tcp:127.0.0.1:${port}`),
    parsePipe(`unix:${second}=unix:${first}`),
  ]);
  expect(statSync(first).mode & 0o777).toBe(0o660);
  const long = "abc".repeat(200_000);
  expect(await ask(second, long)).toBe(long.toUpperCase());
});

test("where nobody listens, a client is told nothing, and the pipe stays", async () => {
  const path = join(base, "a.sock");
  await using _pipes = await openPipes([parsePipe(`unix:${path}=unix:${base}/none`)]);
  expect(await ask(path, "x")).toBe("");
  expect(await ask(path, "x")).toBe("");
});

test.each(["", "tcp:127.0.0.1:1", "tcp:a=tcp:b", "unix:x=unix:/y", "=unix:/y", "udp:1=unix:/y"])(
  "%j is no pipe",
  (text) => {
    expect(() => parsePipe(text)).toThrow(
      expect.objectContaining({ code: "PIPE_WRITTEN" }) as Error,
    );
  },
);

test("one that cannot listen closes the others", async () => {
  const path = join(base, "a.sock");
  await expect(
    openPipes([
      parsePipe(`unix:${path}=tcp:127.0.0.1:${port}`),
      parsePipe(`unix:${base}/none/b.sock=tcp:127.0.0.1:${port}`),
    ]),
  ).rejects.toThrow();
  expect(await ask(path, "x")).toBe("");
});
