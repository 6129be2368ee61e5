import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("a program that uses the network", () => {
  let attacker: Attacker;
  let tcp: Server;
  let udp: Socket;
  let received = 0;
  beforeAll(async () => {
    attacker = startAttacker();
    tcp = createServer((socket) => {
      received += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    udp = createSocket("udp4", () => {
      received += 1;
    }).bind(0, "127.0.0.1");
    await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
  });
  afterAll(async () => {
    tcp.close();
    udp.close();
    await attacker.close();
  });

  // Two layers, each tried alone: the filter first answers, then the namespace has no route.
  test.each(["once", "without-filter"] as const)("reaches no canary listener (%s)", async (how) => {
    const targets = [`tcp:${(tcp.address() as AddressInfo).port}`, `udp:${udp.address().port}`];
    const { outcome } = await attacker.ask({
      policy: attacker.policy("bubblewrap", "try-connect.mjs", targets),
      how,
    });
    const results = JSON.parse(outcome?.stdout ?? "{}") as Record<string, string>;
    expect(Object.keys(results)).toEqual(targets);
    expect(Object.values(results)).not.toContain("connected");
    expect(received).toBe(0);
  });
});
