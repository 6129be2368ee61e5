import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import fc from "fast-check";
import { expect, test } from "vitest";

import { parseListeners, readListeners } from "./listeners.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4965 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0
   1: 00000000:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0
   2: 0100007F:C350 0100007F:4965 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0
   3: 00000000000000000000000000000000:2CAA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 444 1 0
   4: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 555 1 0
   5: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 666 1 0
`;

test("reads who listens, in both families, and leaves connections out", () => {
  expect(parseListeners(table)).toEqual([
    { address: "127.0.0.1", port: 18_789, inode: "111" },
    { address: "0.0.0.0", port: 11_434, inode: "222" },
    { address: "::", port: 11_434, inode: "444" },
    { address: "::1", port: 80, inode: "555" },
    { address: "127.0.0.1", port: 81, inode: "666" },
  ]);
});

test("takes any text without failing", () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseListeners(text))));
});

test.runIf(process.platform === "linux")("finds a real server with its process", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(readListeners()?.find((one) => one.port === port)).toMatchObject({
    address: "127.0.0.1",
    pid: process.pid,
  });
  server.close();
});
