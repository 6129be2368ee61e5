import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

import { run } from "./examined.ts";

const home = mkdtempSync(path.join(tmpdir(), "claw-machine-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Advice {
  readonly host: {
    readonly arch: string;
    readonly physicalCores: number;
    readonly threads: number;
    readonly memoryBytes: number;
    readonly memoryLimitBytes?: number;
    readonly diskFreeBytes: number;
    readonly simd: readonly string[];
  };
  readonly advice: {
    readonly models: readonly {
      readonly ref: string;
      readonly on: string;
      readonly needsGb: number;
    }[];
  };
}

test("what advise says of this machine is what the kernel says [T6, G27, L12, L14]", async () => {
  const { code, stdout } = await run(["advise", "--json"], home);
  // 1: no model fits; a small runner is told what it has as well.
  expect([0, 1]).toContain(code);
  const { host, advice } = JSON.parse(stdout) as Advice;
  expect(host.arch).toBe(process.arch);
  expect(host.memoryBytes).toBe(totalmem());
  expect(host.threads).toBe(availableParallelism());
  expect(host.physicalCores).toBeGreaterThanOrEqual(1);
  const { blocks, bsize } = statfsSync(home);
  expect(host.diskFreeBytes).toBeLessThanOrEqual(blocks * bsize);
  if (process.platform === "linux" && process.arch === "x64") {
    const flags = /^flags\s*:(.*)$/mu.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    const has = (flag: string): boolean => flags.split(" ").includes(flag);
    expect(host.simd.includes("AVX2")).toBe(has("avx2"));
  }
  // A model without a place needs more than there is, and one on the processor no more.
  const most = (host.memoryLimitBytes ?? host.memoryBytes) / 1e9;
  const local = advice.models.filter(({ on }) => on === "cpu" || on === "nowhere");
  expect(local.length).toBeGreaterThan(0);
  for (const { ref, on, needsGb } of local) {
    if (on === "cpu") expect([ref, needsGb <= most]).toEqual([ref, true]);
  }
});
