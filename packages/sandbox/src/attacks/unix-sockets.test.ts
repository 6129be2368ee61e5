import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("a program that connects to Unix sockets", () => {
  const servers: Server[] = [];
  const folders: string[] = [];
  let attacker: Attacker;
  let accepted = 0;

  async function listen(at: string): Promise<void> {
    const server = createServer((socket) => {
      accepted += 1;
      socket.destroy();
    }).listen(at);
    servers.push(server);
    await once(server, "listening");
    if (!at.startsWith("\0")) {
      chmodSync(at, 0o777);
    }
  }

  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(async () => {
    for (const server of servers) {
      server.close();
    }
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
    }
    await attacker.close();
  });

  test("reaches none, wherever it lies", async () => {
    const [readable, writable] = [attacker.makeFolder("readable"), attacker.makeFolder("writable")];
    const abstract = `clawkeep-canary-${process.pid}`;
    const places = [path.join(attacker.folder, "home.sock")];
    for (const parent of ["/tmp", ...(process.getuid?.() === 0 ? ["/run"] : [])]) {
      const folder = mkdtempSync(path.join(parent, "clawkeep-canary-"));
      chmodSync(folder, 0o755);
      folders.push(folder);
      places.push(path.join(folder, "s"));
    }
    for (const place of [
      ...places,
      path.join(readable, "s"),
      path.join(writable, "s"),
      `\0${abstract}`,
    ]) {
      await listen(place);
    }
    const inside = ["unix:/roots/readable/s", "unix:/roots/writable/s"];
    const targets = [...places.map((place) => `unix:${place}`), ...inside, `abstract:${abstract}`];
    const policy = attacker.policy("bubblewrap", "try-connect.mjs", targets, {
      readRoots: [{ source: readable, target: "/roots/readable" }],
      writeRoots: [{ source: writable, target: "/roots/writable" }],
      cwd: "/roots/writable",
    });
    const { outcome } = await attacker.ask({ policy });
    const results = JSON.parse(outcome?.stdout ?? "{}") as Record<string, string>;
    expect(Object.keys(results)).toEqual(targets);
    for (const target of inside) {
      expect([target, results[target]]).toEqual([target, "EACCES"]);
    }
    expect(accepted).toBe(0);

    // The canaries do listen: without the filter those in a root, and only those, are reached.
    const open = await attacker.ask({ policy, how: "without-filter" });
    const reached = Object.entries(JSON.parse(open.outcome?.stdout ?? "{}") as object)
      .filter(([, result]) => result === "connected")
      .map(([target]) => target);
    expect(reached).toEqual(inside);
  });
});
