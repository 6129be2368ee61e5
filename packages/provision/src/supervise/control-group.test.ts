import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { makeControlGroup } from "./control-group.ts";

let base = "";
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "clawkeep-group-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const limits = { memoryMb: 64, processes: 32 };
const read = (...names: readonly string[]): string => readFileSync(join(base, ...names), "utf8");

test("T4: version 1: both controllers get the bounds, and the starter leaves again", () => {
  for (const name of ["memory", "pids"]) mkdirSync(join(base, name, "claw-x"), { recursive: true });
  const group = makeControlGroup("claw-x", limits, base);
  expect(read("memory", "claw-x", "memory.limit_in_bytes")).toBe(String(64 * 1024 * 1024));
  expect(read("pids", "claw-x", "pids.max")).toBe("32");
  const seen = group.startInside(() => [
    read("memory", "claw-x", "cgroup.procs"),
    existsSync(join(base, "memory", "cgroup.procs")),
  ]);
  expect(seen).toEqual([String(process.pid), false]);
  expect(read("memory", "cgroup.procs")).toBe(String(process.pid));
  expect(read("pids", "cgroup.procs")).toBe(String(process.pid));
});

test("T4: version 2: one group, without swap", () => {
  writeFileSync(join(base, "cgroup.controllers"), "memory pids\n");
  mkdirSync(join(base, "claw-x"));
  writeFileSync(join(base, "claw-x", "memory.swap.max"), "max\n");
  writeFileSync(join(base, "claw-x", "memory.events"), "low 0\noom 2\noom_kill 3\n");
  const group = makeControlGroup("claw-x", limits, base);
  expect(read("cgroup.subtree_control")).toBe("+memory +pids");
  expect(read("claw-x", "memory.max")).toBe(String(64 * 1024 * 1024));
  expect(read("claw-x", "memory.swap.max")).toBe("0");
  expect(group.outOfMemory()).toBe(3);
});

test("T4: a limit that cannot be kept is an error", () => {
  expect(() => makeControlGroup("claw-x", limits, join(base, "missing"))).toThrow(
    expect.objectContaining({ code: "SERVICE_LIMITS_UNKEPT" }) as Error,
  );
});

test("a starter that fails leaves the group too", () => {
  for (const name of ["memory", "pids"]) mkdirSync(join(base, name));
  const group = makeControlGroup("claw-x", limits, base);
  expect(() =>
    group.startInside(() => {
      throw new Error("spawn ENOENT");
    }),
  ).toThrow("spawn ENOENT");
  expect(read("pids", "cgroup.procs")).toBe(String(process.pid));
});
