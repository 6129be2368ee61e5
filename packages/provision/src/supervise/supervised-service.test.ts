import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { ServicePort } from "../ports/service-port.ts";
import { processesOf } from "./left-over.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { supervise } from "./supervise.ts";
import { supervisedService } from "./supervised-service.ts";

const folderOfTests: string = new URL("../../test/", import.meta.url).pathname;
const launch = [process.execPath, "--conditions=source", join(folderOfTests, "supervisor.ts")];
let base = "";
let service: ServicePort;
let definition: ServiceDefinition;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-service-"));
  make("plain");
});
afterEach(async () => {
  await service.stop();
  await rm(base, { recursive: true });
});

function make(how: "plain" | "stubborn" | "crashing"): void {
  definition = {
    name: "gateway",
    folder: join(base, "run"),
    program: "/bin/sh",
    args: [join(folderOfTests, "service.sh"), how, join(base, "starts")],
    environment: { PATH: "/usr/bin:/bin" },
    cwd: base,
    stopMs: how === "stubborn" ? 200 : 30_000,
    restartMs: 10,
  };
  service = supervisedService(definition, launch);
}

function starts(): readonly number[] {
  if (!existsSync(join(base, "starts"))) return [];
  return readFileSync(join(base, "starts"), "utf8").trim().split("\n").map(Number);
}

const running = (): readonly number[] => processesOf(join(base, "run", "gateway.lock"));

/** The pid of the service's n-th start. */
async function started(count: number): Promise<number> {
  while (starts().length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return starts()[count - 1] ?? 0;
}

test("L5: a supervised process runs until it is stopped, and leaves nothing running", async () => {
  expect(await service.isRunning()).toBe(false);
  await service.start();
  expect(await service.isRunning()).toBe(true);
  const pid = await started(1);
  expect(running()).toContain(pid);
  await service.stop();
  expect([await service.isRunning(), running()]).toEqual([false, []]);
  await service.stop();
});

test("L5: what crashes is started again", async () => {
  make("crashing");
  await service.start();
  const pid = await started(3);
  expect(running()).toContain(pid);
});

test("L5: what ignores SIGTERM is killed when its time is up", async () => {
  make("stubborn");
  await service.start();
  const pid = await started(1);
  expect(running()).toContain(pid);
  await service.stop();
  expect(running()).toEqual([]);
});

test("L5: one service has one supervisor", async () => {
  await service.start();
  await expect(supervise(definition, new AbortController().signal)).rejects.toMatchObject({
    code: "FILE_LOCKED",
  });
});

test("L5: a killed supervisor is no supervisor, and the next one ends what it left", async () => {
  await service.start();
  const orphan = await started(1);
  const mark = readFileSync(join(base, "run", "gateway.supervisor"), "utf8");
  process.kill(Number(mark.split(".")[0]), "SIGKILL");
  expect(running()).toContain(orphan);
  while (await service.isRunning()) await new Promise((resolve) => setTimeout(resolve, 10));
  await service.start();
  const next = await started(2);
  expect(running()).toContain(next);
  expect(running()).not.toContain(orphan);
});

test("a program that is not there is a service whose supervisor tries on", async () => {
  definition = { ...definition, program: join(base, "missing") };
  service = supervisedService(definition, launch);
  await service.start();
  expect(await service.isRunning()).toBe(true);
});

test("a supervisor that does not start is an error", async () => {
  const broken = supervisedService(definition, [process.execPath, "-e", "process.exit(3)"]);
  await expect(broken.start()).rejects.toMatchObject({ code: "SERVICE_FAILED" });
});
