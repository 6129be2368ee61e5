import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { processesWith, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import type { Answer } from "../../test/order.ts";
import { landlockCallRules, systemCallRules } from "../seccomp/rules.ts";
import { landlockDriver } from "./driver.ts";
import { findLauncher } from "./find-launcher.ts";
import { landlockAbi, leftBehind, programPid, programRan, setupFault } from "./launcher-status.ts";

const testable = (await testableLevels()).includes("landlock");

describe("what the launcher reports", () => {
  test("is read only from whole lines", () => {
    expect(programPid("pid 12")).toBeUndefined();
    expect(programPid("pid 12\n")).toBe(12);
    expect([programRan("pid 12\n"), programRan("pid 12\nexec\n")]).toEqual([false, true]);
    expect([leftBehind("left 3\n"), leftBehind("")]).toEqual([3, 0]);
    expect([landlockAbi("abi 7\npid 1\n"), landlockAbi("abi 7")]).toEqual([7, 0]);
  });

  test("becomes an error that names the step", () => {
    expect(setupFault("pid 1\nerror execute 7\n")).toMatchObject({
      code: "SANDBOX_SPAWN_FAILED",
      message: expect.stringContaining("E2BIG"),
    });
    expect(setupFault("error landlock 0\n")).toMatchObject({ code: "SANDBOX_SETUP_FAILED" });
    expect(setupFault("")).toMatchObject({ message: expect.stringContaining("unknown") });
  });
});

describe("looking for the launcher", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-launcher-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("says that it was not built where it is not", async () => {
    const report = await landlockDriver([folder]).detect();
    expect(report).toMatchObject({ available: false, why: expect.stringMatching(/cargo|Linux/u) });
  });

  test.runIf(testable)("refuses one that was changed, or that others can change", () => {
    const real = findLauncher();
    if ("why" in real) {
      throw new Error(real.why);
    }
    const machine = `${process.platform}-${process.arch}`;
    const copy = path.join(folder, machine, "clawkeep-launcher");
    mkdirSync(path.dirname(copy));
    copyFileSync(real.path, copy);
    chmodSync(copy, 0o755);
    writeFileSync(path.join(folder, "launchers.json"), JSON.stringify({ [machine]: real.digest }));
    expect(findLauncher([folder])).toMatchObject({ path: copy });
    chmodSync(copy, 0o775);
    expect(findLauncher([folder])).toEqual({ why: expect.stringContaining("by others") });
    chmodSync(copy, 0o755);
    writeFileSync(copy, Buffer.concat([readFileSync(copy), Buffer.of(0)]));
    expect(findLauncher([folder])).toEqual({ why: expect.stringContaining("should be sha256:") });
  });
});

describe.runIf(testable)("a program at level landlock, as an unprivileged user", () => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("reads, writes and changes nothing but what it was given", async () => {
    const secret = path.join(attacker.folder, "secret");
    const readable = attacker.makeFolder("readable");
    const canary = path.join(readable, "canary");
    writeFileSync(secret, "canary", { mode: 0o666 });
    writeFileSync(canary, "canary", { mode: 0o666 });
    const roots = { readRoots: [{ source: readable, target: readable }] };
    const before = statSync(canary);
    for (const [how, files] of [
      [
        "read",
        [secret, "/etc/passwd", "/proc/self/environ", `/proc/${attacker.pid}/cmdline`, "/tmp"],
      ],
      ["write", [secret, canary, path.join(readable, "new"), "/tmp/new", "/dev/shm/new"]],
      ["chmod", [secret, canary]],
    ] as const) {
      const { outcome } = await attacker.ask({
        policy: attacker.policy("landlock", "try-files.mjs", [how, ...files], roots),
      });
      expect(Object.values(JSON.parse(outcome?.stdout ?? "{}") as object)).toEqual(
        files.map(() => ({ error: expect.stringMatching(/^E(ACCES|PERM)$/u) })),
      );
    }
    const after = statSync(canary);
    expect([after.mode, after.mtimeMs]).toEqual([before.mode, before.mtimeMs]);
    expect(readFileSync(secret, "utf8")).toBe("canary");
  });

  test("copies bytes in a write root, not modes, and a run that fails is told so", async () => {
    const folder = attacker.makeFolder("copying");
    writeFileSync(path.join(folder, "from"), "bytes", { mode: 0o644 });
    const copy = async (script: string): Promise<Answer["outcome"]> => {
      const base = attacker.policy("landlock", "", [], {
        writeRoots: [{ source: folder, target: folder }],
      });
      const argv = ["-e", `process.chdir(${JSON.stringify(folder)}); ${script}`];
      return (await attacker.ask({ policy: { ...base, argv } })).outcome;
    };
    const whole = await copy("fs.copyFileSync('from', 'whole')");
    expect([whole?.exitCode, whole?.stderr]).toEqual([1, expect.stringContaining("EPERM")]);
    expect(whole?.notes.join()).toContain("let it write the bytes alone");
    const bytes = await copy("fs.writeFileSync('bytes', fs.readFileSync('from'))");
    expect([bytes?.exitCode, bytes?.notes]).toEqual([0, []]);
    expect(readFileSync(path.join(folder, "bytes"), "utf8")).toBe("bytes");
  });

  test.each(["group", "session", "holding"])("leaves nothing behind: %s", async (how) => {
    const token = `landlock-${how}-${process.pid}-${performance.now()}`;
    const { outcome } = await attacker.ask({
      policy: attacker.policy("landlock", "leave-behind.mjs", [token, how]),
    });
    expect(outcome?.stdout).toBe("left");
    expect(processesWith(token)).toEqual([]);
    expect(outcome?.notes.join()).toContain("1 process was left behind, and killed");
  });

  test("dies with everything it started when the runtime is killed", async () => {
    const token = `landlock-kill-${process.pid}-${performance.now()}`;
    const victim = startAttacker();
    await victim.ask({
      policy: victim.policy("landlock", "ignore-sigterm.mjs", [token]),
      how: "stay",
    });
    await vi.waitFor(() => expect(processesWith(token).length).toBeGreaterThan(1), 10_000);
    victim.kill();
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 10_000);
    await victim.close();
  });

  test("is over at its time limit, whenever that falls", async () => {
    const token = `landlock-early-${process.pid}-${performance.now()}`;
    for (let timeoutMs = 1; timeoutMs <= 12; timeoutMs += 1) {
      const { outcome } = await attacker.ask({
        policy: attacker.policy("landlock", "ignore-sigterm.mjs", [token], {
          limits: { timeoutMs, stdoutBytes: 10, stderrBytes: 10 },
        }),
      });
      expect(outcome?.terminatedBy).toBe("timeout");
    }
    await vi.waitFor(() => expect(processesWith(token)).toEqual([]), 20_000);
  });
});

test("the table of level landlock refuses all that bubblewrap does", () => {
  expect(landlockCallRules).toEqual(expect.arrayContaining([...systemCallRules]));
});
