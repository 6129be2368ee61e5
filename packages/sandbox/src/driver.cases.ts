import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startAttacker } from "../test/attacker.ts";
import type { Attacker } from "../test/attacker.ts";
import { maxArgumentBytes, openProcess, runOnce } from "./index.ts";
import type { ExecutionPolicy, SandboxLevel } from "./index.ts";
import { findLimitSetter } from "./limits/limited-start.ts";

interface Report {
  readonly argv: readonly string[];
  readonly arg0: string;
  readonly cwd: string;
  readonly stdin: string;
  readonly umask: number;
}

/** What every level must do alike; each driver's test calls this. */
export function driverCases(level: SandboxLevel): void {
  describe(`level ${level}`, () => {
    let attacker: Attacker;
    let node: (
      program: string,
      argv: readonly string[],
      changes?: Partial<ExecutionPolicy>,
    ) => ExecutionPolicy;
    beforeAll(() => {
      // As oneself: as root, folders of another user would be closed to the sandbox.
      attacker = startAttacker({ self: true });
      node = (program, argv, changes) => attacker.policy(level, program, argv, changes);
    });
    afterAll(() => attacker.close());

    test("passes arguments, name, folder and input byte for byte", async () => {
      const argv = [
        "; rm -rf ~",
        "$(id)",
        "`id`",
        "--evil",
        "",
        " ",
        "*",
        "a\nb\tc\r",
        "\u001b[31m\u202e",
        "日本語 🦀 ﷽ e\u0301",
        "\ufffd",
        "\"'\\",
        "a".repeat(maxArgumentBytes),
      ];
      const stdin = Buffer.from(Array.from({ length: 1_000_003 }, (_, index) => (index * 7) % 256));
      const outcome = await runOnce(node("report.mjs", argv, { arg0: "a name", limits: wide }), {
        stdin,
      });
      const report = JSON.parse(Buffer.from(outcome.stdout).toString()) as Report;
      expect(report.argv).toEqual(argv);
      expect(Buffer.from(report.stdin, "base64").equals(stdin)).toBe(true);
      if (findLimitSetter()?.kind === "launcher") {
        expect(report.arg0).toBe("a name");
      }
      expect(report.cwd).toMatch(
        {
          none: attacker.folder,
          bubblewrap: /^\/tmp$/u,
          landlock: /\/clawkeep_run-[\w.-]+\/tmp$/u,
        }[level],
      );
      expect(report.umask).toBe(0o077);
      expect([outcome.level, outcome.exitCode, outcome.signal]).toEqual([level, 0, null]);
    });

    test("reports exit codes as values", async () => {
      for (const code of [0, 1, 2, 42]) {
        const outcome = await runOnce(node("exit-with.mjs", [String(code)]));
        expect([outcome.exitCode, outcome.signal, outcome.terminatedBy]).toEqual([
          code,
          null,
          undefined,
        ]);
      }
    });

    test("tells of a signal that the program died of", async () => {
      const { exitCode, signal, notes } = await runOnce(node("exit-with.mjs", ["abort"]));
      if (level !== "bubblewrap") {
        expect([exitCode, signal]).toEqual([null, "SIGABRT"]);
      } else {
        // Bubblewrap passes signals on as 128 + number; a first process cannot be ended by SIGABRT.
        expect([134, 139]).toContain(exitCode);
        expect(notes.join()).toMatch(/may stand for SIG(ABRT|SEGV)/u);
      }
    });

    test("keeps limits when the policy names none", async () => {
      const { limitedBy } = await runOnce(node("exit-with.mjs", ["0"]));
      expect(Object.keys(limitedBy ?? {}).sort()).toEqual([
        ...["cpu", "fileSize", "memory", "openFiles", "processes"],
      ]);
    });

    test("gives an empty input when there is none", async () => {
      const outcome = await runOnce(node("report.mjs", []));
      expect((JSON.parse(Buffer.from(outcome.stdout).toString()) as Report).stdin).toBe("");
    });

    test("does not mind a program that ends without reading its input", async () => {
      const outcome = await runOnce(node("exit-with.mjs", ["0"]), {
        stdin: Buffer.alloc(1_000_000),
      });
      expect(outcome.exitCode).toBe(0);
    });

    test("ends a run that is cancelled, before or after its start", async () => {
      const early = await runOnce(node("report.mjs", []), { signal: AbortSignal.abort() });
      expect([early.terminatedBy, early.stdout.length]).toEqual(["cancelled", 0]);
      const controller = new AbortController();
      const running = runOnce(node("answer-lines.mjs", [], { limits: wide }), {
        signal: controller.signal,
      });
      setImmediate(() => controller.abort());
      expect((await running).terminatedBy).toBe("cancelled");
    });

    test("refuses before anything is spawned", async () => {
      const missing = { executable: { path: "/nonexistent/program" } };
      await expect(runOnce(node("report.mjs", ["a\0b"]))).rejects.toMatchObject({
        code: "SANDBOX_ARGUMENT_REFUSED",
      });
      await expect(runOnce(node("report.mjs", [], missing))).rejects.toMatchObject({
        code: expect.stringMatching(/^SANDBOX_(EXECUTABLE_MISSING|POLICY_REFUSED)$/u),
      });
      await expect(runOnce(node("report.mjs", [], { cwd: "." }))).rejects.toMatchObject({
        code: "SANDBOX_POLICY_REFUSED",
      });
    });

    test("runs the bytes that a digest names, and no others", async () => {
      const path = "/bin/echo";
      const digest = `sha256:${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
      const base = node("report.mjs", []);
      const outcome = await runOnce({ ...base, executable: { path, digest }, argv: ["hello"] });
      expect(Buffer.from(outcome.stdout).toString()).toBe("hello\n");
      const other = { path, digest: `sha256:${"0".repeat(64)}` };
      await expect(runOnce({ ...base, executable: other })).rejects.toMatchObject({
        code: "SANDBOX_DIGEST_MISMATCH",
      });
    });

    test("says so when the arguments together are too long for the kernel", async () => {
      const argv = Array.from({ length: 40 }, () => "a".repeat(maxArgumentBytes));
      await expect(runOnce(node("report.mjs", argv))).rejects.toMatchObject({
        code: "SANDBOX_SPAWN_FAILED",
      });
    });

    test("talks with a program that stays, line by line", async () => {
      const program = await openProcess(node("answer-lines.mjs", []));
      const lines = program.lines()[Symbol.asyncIterator]();
      for (const line of ["hello", "", "日本"]) {
        await program.write(line);
        const answer = await lines.next();
        expect(Buffer.from(answer.value as Uint8Array).toString()).toBe(line.toUpperCase());
      }
      await expect(program.write("a\nb")).rejects.toMatchObject({
        code: "SANDBOX_ARGUMENT_REFUSED",
      });
      await program.write("quit");
      expect((await lines.next()).done).toBe(true);
      const outcome = await program.outcome;
      expect([outcome.exitCode, outcome.terminatedBy]).toEqual([3, undefined]);
      expect(Buffer.from(outcome.stderr).toString()).toBe("ready\n");
      await expect(program.write("late")).rejects.toMatchObject({ code: "SANDBOX_PROCESS_GONE" });
      expect(await program.close()).toBe(outcome);
    });

    test("lets whoever writes more than is read go on when it was read, and when nobody will", async () => {
      const slow = await openProcess(node("answer-lines.mjs", [], { limits: wide }));
      const line = "a".repeat(50_000);
      const written = Promise.all(Array.from({ length: 40 }, () => slow.write(line)));
      let answers = 0;
      for await (const answer of slow.lines()) {
        answers += answer.length === line.length ? 1 : 0;
        if (answers === 40) break;
      }
      await written;
      await slow.close();
      const deaf = await openProcess(node("deaf.mjs", [], { limits: wide }));
      // More than a pipe holds: it is not taken as long as the program lives.
      const waiting = Promise.all([deaf.write(line.repeat(20)), deaf.write(line)]);
      const later = new Promise((resolve) => setImmediate(() => resolve("later")));
      expect(await Promise.race([waiting, later])).toBe("later");
      await deaf.close();
      await waiting;
    });

    test("ends a program that stays when it is closed, or sends too long a line", async () => {
      const closed = await openProcess(node("answer-lines.mjs", []));
      expect((await closed.close()).terminatedBy).toBe("cancelled");
      const limits = { timeoutMs: 0, stdoutBytes: 1000, stderrBytes: 10 };
      const flooding = await openProcess(node("answer-lines.mjs", [], { limits }));
      await flooding.write("long");
      expect((await flooding.outcome).terminatedBy).toBe("stdout-limit");
    });
  });
}

const wide = { timeoutMs: 20_000, stdoutBytes: 8_000_000, stderrBytes: 10_000 };
