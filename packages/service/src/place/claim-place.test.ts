import { lstatSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { askService } from "../lines/ask-service.ts";
import { startService } from "../start/start-service.ts";
import { echoLines, release, scratch } from "../stand.cases.ts";
import { claimPlace } from "./claim-place.ts";
import { socketPlace } from "./socket-place.ts";

const program = path.join(import.meta.dirname, "service-child.cases.ts");

const start = (home: string, version = "1.0.0"): Promise<void> =>
  startService({
    command: process.execPath,
    args: ["--conditions=source", program, home, version],
    environment: {},
    cwd: "/",
  });

async function pidAt(socket: string): Promise<number> {
  const reply = await askService(socket, { method: "pid" });
  if (reply.kind !== "answer") throw new Error(JSON.stringify(reply));
  return Number(reply.output);
}

const stop = (socket: string): Promise<unknown> => askService(socket, { method: "stop" });

describe("one instance", () => {
  test("serves when many are started at once", async () => {
    using home = scratch();
    const { socket } = socketPlace(home.folder, "child");
    await Promise.all([start(home.folder), start(home.folder), start(home.folder)]);
    const pids = await Promise.all([pidAt(socket), pidAt(socket)]);
    expect(new Set(pids).size).toBe(1);
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    await stop(socket);
  });

  test("takes the place of one that was killed, whose socket still lies there", async () => {
    using home = scratch();
    const { socket } = socketPlace(home.folder, "child");
    await start(home.folder);
    const killed = await pidAt(socket);
    process.kill(killed, "SIGKILL");
    await start(home.folder);
    expect(await pidAt(socket)).not.toBe(killed);
    await stop(socket);
  });

  test("gives way to a newer one, and not to an older one", async () => {
    using home = scratch();
    const { socket } = socketPlace(home.folder, "child");
    await start(home.folder, "1.9.0");
    const old = await pidAt(socket);
    await start(home.folder, "1.8.9");
    expect(await pidAt(socket)).toBe(old);
    await start(home.folder, "1.10.0");
    expect(await pidAt(socket)).not.toBe(old);
    await stop(socket);
  });

  test("that is as new is named, and goes on", async () => {
    using home = scratch();
    await using stand = await echoLines(home.folder);
    expect(await claimPlace(stand.place, release)).toEqual({ kind: "served", by: release });
  });

  test("that holds the place and says nothing is an error, in time", async () => {
    using home = scratch();
    const place = socketPlace(home.folder, "echo");
    const claim = await claimPlace(place, release);
    await expect(claimPlace(place, release, { waitMs: 30 })).rejects.toThrow(
      expect.objectContaining({ code: "SERVICE_BUSY" }),
    );
    if (claim.kind === "claimed") claim.lock.close();
  });
});

describe("a service that cannot be started", () => {
  test("is an error with what it said", async () => {
    const args = ["-e", "console.error('no such index'); process.exit(2)"];
    await expect(
      startService({ command: process.execPath, args, environment: {}, cwd: "/" }),
    ).rejects.toThrow(/exit code 2: no such index/u);
  });

  test("is ended when it is not ready in time", async () => {
    const args = ["-e", "setInterval(() => {}, 1000)"];
    await expect(
      startService({ command: process.execPath, args, environment: {}, cwd: "/", timeoutMs: 50 }),
    ).rejects.toThrow(expect.objectContaining({ code: "SERVICE_NOT_STARTED" }));
  });

  test("is an error when there is no such program", async () => {
    await expect(
      startService({ command: "/absent", args: [], environment: {}, cwd: "/" }),
    ).rejects.toThrow(/ENOENT/u);
  });
});
