import { McpServer } from "@modelcontextprotocol/server";
import { expect, test } from "vitest";

import { KeptServers } from "./kept-servers.ts";

const ask = (): Request => new Request("http://127.0.0.1/mcp");

function counted(): { readonly servers: KeptServers; readonly made: () => number } {
  let made = 0;
  const servers = new KeptServers(() => {
    made += 1;
    return new McpServer({ name: "test", version: "1.0.0" });
  });
  return { servers, made: () => made };
}

test("a server is lent to one request at a time, and to the next when that is over", () => {
  const { servers, made } = counted();
  const [first, second] = [ask(), ask()];
  const one = servers.lend(first);
  expect(servers.lend(second)).not.toBe(one);
  servers.giveBack(first);
  // Twice is once.
  servers.giveBack(first);
  expect(servers.lend(ask())).toBe(one);
  expect(servers.lend(ask())).not.toBe(one);
  expect(made()).toBe(3);
});

test("a server that is still connected is let go", async () => {
  const { servers, made } = counted();
  const request = ask();
  await servers.lend(request).connect({
    start: async () => {},
    send: async () => {},
    close: async () => {},
  });
  servers.giveBack(request);
  servers.lend(ask());
  expect(made()).toBe(2);
});

test("no more are kept than may wait", () => {
  const { servers, made } = counted();
  const requests = Array.from({ length: 40 }, ask);
  for (const request of requests) servers.lend(request);
  for (const request of requests) servers.giveBack(request);
  for (const request of requests) servers.lend(request);
  expect(made()).toBe(40 + 24);
});
