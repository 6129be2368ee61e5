import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { processesWith, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import type { Answer } from "../../test/order.ts";
import type { Limits } from "../index.ts";

const MiB = 1024 * 1024;

describe.each(await testableLevels())("at level %s a program that takes without end", (level) => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  async function exhaust(
    what: string,
    limits: Partial<Limits>,
  ): Promise<NonNullable<Answer["outcome"]>> {
    const token = `${process.pid}${Math.round(performance.now() * 1000)}`;
    const where = attacker.makeFolder(`${what}-${token}`);
    const { outcome, error } = await attacker.ask({
      policy: attacker.policy(level, "exhaust.mjs", [token, what], {
        environment: { WHERE: level === "none" ? where : "/tmp" },
        limits: { timeoutMs: 20_000, stdoutBytes: 1000, stderrBytes: 100_000, ...limits },
      }),
    });
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), { timeout: 5000 });
    if (outcome === undefined) {
      throw new Error(error?.message);
    }
    return outcome;
  }

  test.each([
    ["memory", "memory-limit", { memoryBytes: 200 * MiB }],
    ["shared-out", "memory-limit", { memoryBytes: 400 * MiB }],
    ["processes", "process-limit", { processes: 40 }],
    ["cpu", "cpu-limit", { cpuMs: 200 }],
    ["cpu-of-children", "cpu-limit", { cpuMs: 300 }],
  ] as const)(
    "is ended by the right limit, with all it started (%s)",
    async (what, why, limits) => {
      const outcome = await exhaust(what, limits);
      expect([outcome.terminatedBy, outcome.exitCode]).toEqual([why, null]);
      expect(outcome.limitedBy).toMatchObject({
        memory: expect.stringMatching(/^(cgroup|watchdog)$/u),
        cpu: expect.stringMatching(/^(cgroup|watchdog)$/u),
        processes: expect.stringMatching(/^(cgroup|watchdog|rlimit)$/u),
      });
      const { maxRssBytes = 0, cpuMs = 0, processes = 0 } = outcome.resources ?? {};
      if (why === "memory-limit") {
        expect(maxRssBytes).toBeGreaterThanOrEqual(limits.memoryBytes);
      } else if (why === "cpu-limit") {
        expect(cpuMs).toBeGreaterThan(limits.cpuMs);
      } else {
        expect(processes).toBeGreaterThan(limits.processes);
      }
    },
  );

  test("never has more processes than are allowed, as a fork bomb", async () => {
    const { terminatedBy, limitedBy, resources } = await exhaust("bomb", {
      processes: 60,
      timeoutMs: 1500,
    });
    if (limitedBy?.processes === "rlimit") {
      // The kernel refuses the next one; a bomb that dies of that need not be seen at its largest.
      expect(["process-limit", "timeout"]).toContain(terminatedBy);
      expect(resources?.processes).toBeLessThanOrEqual(61);
    } else {
      expect(terminatedBy).toBe("process-limit");
    }
  });

  test("is told so by the kernel when it is files", async () => {
    const many = await exhaust("files", { openFiles: 64 });
    expect([many.exitCode, many.stdout, many.limitedBy?.openFiles]).toEqual([
      0,
      " EMFILE",
      "rlimit",
    ]);
    const large = await exhaust("file-size", { fileBytes: MiB });
    expect([large.stdout, large.limitedBy?.fileSize]).toEqual([`${MiB} EFBIG`, "rlimit"]);
  });

  test.runIf(level === "bubblewrap")("fills no more than its own /tmp", async () => {
    const { stdout } = await exhaust("disk", { tmpBytes: 4 * MiB });
    const [size, code] = stdout.split(" ");
    expect([Number(size) <= 4 * MiB, code]).toEqual([true, "ENOSPC"]);
  });

  test("has limits when the policy names none, and figures", async () => {
    const { outcome } = await attacker.ask({
      policy: attacker.policy(level, "exit-with.mjs", ["0"]),
    });
    expect(Object.keys(outcome?.limitedBy ?? {}).sort()).toEqual([
      "cpu",
      "fileSize",
      "memory",
      "openFiles",
      "processes",
    ]);
    expect(outcome?.resources?.processes).toBeGreaterThan(0);
    expect(outcome?.resources?.maxRssBytes).toBeGreaterThan(MiB);
  });
});
