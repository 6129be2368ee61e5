import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { processesWith, startAttacker, testableLevels } from "../../../test/attacker.ts";
import type { Limits, SandboxLevel } from "../../index.ts";
import { runOnce } from "../../index.ts";
import { findCgroupPlace } from "./find-place.ts";
import type { CgroupPlace } from "./find-place.ts";
import { newGroupName } from "./group-names.ts";
import { clearAbandonedGroups, enterCgroup } from "./run-cgroup.ts";

const MiB = 1024 * 1024;
const limits = { memoryBytes: 64 * MiB, cpuMs: 60_000, processes: 20 };

const place = await realPlace();

/** A place where a group can really be made. Says aloud when there is none. */
async function realPlace(): Promise<CgroupPlace | undefined> {
  const found = findCgroupPlace();
  let why = "why" in found ? found.why : "a group could not be made";
  if ("version" in found) {
    const child = spawn("/bin/sleep", ["10"]);
    const group = await enterCgroup(found, child.pid ?? -1, limits, () => true);
    child.kill("SIGKILL");
    await once(child, "exit");
    if (typeof group !== "string") {
      await group.remove();
      return found;
    }
    why = `a group could not be made (${group})`;
  }
  process.stderr.write(`skipped: cgroup absent: ${why}\n`);
  return undefined;
}

function groups(owner: number = process.pid): readonly string[] {
  const folders = place === undefined ? [] : [place.memory, place.processes, place.cpu];
  return [...new Set(folders)].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.includes(`-${owner}-`)),
  );
}

describe.runIf(place !== undefined)("a control group of a run", () => {
  const at = place ?? { version: 1, memory: "", processes: "", cpu: "" };
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
    }
  });
  const start = (script: string): number => {
    const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
    children.push(child);
    return child.pid ?? -1;
  };
  const namesInside = (name: string): readonly string[] =>
    readFileSync(path.join(at.processes, name, "cgroup.procs"), "latin1").split("\n");

  test("takes in who was started before, and counts and kills them all", async () => {
    const pid = start("sleep 20 & sleep 20 & wait");
    await vi.waitFor(() => {
      expect(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ")).toHaveLength(
        3,
      );
    }, 20_000);
    const group = await enterCgroup(at, pid, limits, () => true);
    if (typeof group === "string") {
      throw new Error(group);
    }
    expect(group.usage()).toMatchObject({ processes: 3, killed: 0, refused: 0 });
    const [name = ""] = groups();
    expect(namesInside(name)).toContain(String(pid));
    group.killAll();
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}/exe`)).toBe(false), 20_000);
    await group.remove();
    expect(groups()).toEqual([]);
  });

  test("is not made for a run that has ended", async () => {
    expect(await enterCgroup(at, 2 ** 22 + 1, limits, () => true)).toBe("ended");
    expect(await enterCgroup(at, start("sleep 20"), limits, () => false)).toBe("ended");
    expect(groups()).toEqual([]);
  });

  test("is refused where none can be made", async () => {
    const nowhere: CgroupPlace = { version: 2, memory: "/proc", processes: "/proc", cpu: "/proc" };
    expect(await enterCgroup(nowhere, start("sleep 20"), limits, () => true)).toBe("refused");
  });

  test("of a runtime that was killed is cleared with all that is inside, and only that", async () => {
    const pid = start("sleep 20");
    // Names a process that never was, and one that is us.
    const abandoned = newGroupName().replace(/-\d+-\d+-\d+$/u, "-4194303-1-1");
    const ours = newGroupName();
    const foreign = abandoned.replace(/^clawkeep-\d+/u, "clawkeep-1");
    const folders = [...new Set([at.memory, at.processes, at.cpu])];
    for (const folder of folders) {
      for (const name of [abandoned, ours, foreign]) {
        mkdirSync(path.join(folder, name));
      }
      writeFileSync(path.join(folder, abandoned, "cgroup.procs"), String(pid));
    }
    await clearAbandonedGroups(at);
    for (const folder of folders) {
      expect([abandoned, ours, foreign].map((name) => existsSync(path.join(folder, name)))).toEqual(
        [false, true, true],
      );
    }
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}/exe`)).toBe(false), 20_000);
    for (const name of [ours, foreign]) {
      await clearNamed(at, name);
    }
  });
});

describe.runIf(place !== undefined)("a runtime that is killed with -9", () => {
  test("leaves a group to the next run, which clears it with all that is inside", async () => {
    const token = `orphan-${process.pid}-${performance.now()}`;
    const victim = startAttacker({ self: true });
    // At level none a program outlives its runtime.
    await victim.ask({
      policy: victim.policy("none", "ignore-sigterm.mjs", [token]),
      how: "stay",
    });
    const isInside = (): boolean =>
      groups(victim.pid).some((name) => {
        const folder = path.join(place?.processes ?? "", name);
        return /\d/u.test(readFileSync(path.join(folder, "cgroup.procs"), "latin1"));
      });
    await vi.waitFor(() => expect(isInside()).toBe(true), 20_000);
    victim.kill();
    await victim.close();
    expect(processesWith(token)).not.toEqual([]);

    const next = startAttacker({ self: true });
    await next.ask({ policy: next.policy("none", "exit-with.mjs", ["0"]) });
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 20_000);
    await vi.waitFor(() => expect(groups(victim.pid)).toEqual([]), { timeout: 10_000 });
    await next.close();
  });
});

async function clearNamed(at: CgroupPlace, name: string): Promise<void> {
  const { rmdir } = await import("node:fs/promises");
  for (const folder of new Set([at.memory, at.processes, at.cpu])) {
    await rmdir(path.join(folder, name));
  }
}

describe.runIf(place !== undefined).each(await testableLevels())("a run at level %s", (level) => {
  const self = startAttacker({ self: true });
  beforeAll(() => () => self.close());

  async function exhaust(
    what: string,
    changed: Partial<Limits>,
  ): Promise<Awaited<ReturnType<typeof runOnce>>> {
    const token = `${process.pid}${Math.round(performance.now() * 1000)}`;
    return runOnce(
      self.policy(level satisfies SandboxLevel, "exhaust.mjs", [token, what], {
        environment: { WHERE: "/tmp" },
        limits: { timeoutMs: 20_000, stdoutBytes: 1000, stderrBytes: 100_000, ...changed },
      }),
    );
  }

  test.each([
    ["memory", "memory-limit", { memoryBytes: 200 * MiB }],
    ["processes", "process-limit", { processes: 40 }],
    ["cpu-of-children", "cpu-limit", { cpuMs: 500 }],
  ] as const)(
    "is limited by its group, which is gone afterwards (%s)",
    async (what, why, changed) => {
      const outcome = await exhaust(what, changed);
      expect([outcome.terminatedBy, outcome.exitCode]).toEqual([why, null]);
      // Whoever takes processes at once may be seen by the watchdog before it is inside.
      if (what !== "processes" || outcome.limitedBy?.processes === "cgroup") {
        expect(outcome.limitedBy).toMatchObject({
          ...{ memory: "cgroup", cpu: "cgroup", processes: "cgroup", openFiles: "rlimit" },
        });
      }
      const { maxRssBytes = 0, cpuMs = 0, processes = 0 } = outcome.resources ?? {};
      if (why === "memory-limit") {
        expect(maxRssBytes).toBeGreaterThanOrEqual(changed.memoryBytes);
      } else if (why === "cpu-limit") {
        expect(cpuMs).toBeGreaterThan(changed.cpuMs);
      } else {
        expect(processes).toBeGreaterThan(changed.processes);
      }
      await vi.waitFor(() => expect(groups()).toEqual([]), { timeout: 10_000 });
    },
  );
});
