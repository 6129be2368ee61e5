import { existsSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { programPath, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import type { ExecutionPolicy, SandboxLevel } from "../index.ts";
import { landlockCallRules, systemCallRules } from "../seccomp/rules.ts";
import type { Condition } from "../seccomp/rules.ts";

const python = "/usr/bin/python3";
const errno = { EPERM: 1, EACCES: 13, ENOSYS: 38 };
const architecture = process.arch === "arm64" ? "arm64" : "x64";
/** The kernel ends a process that breaks the filter with SIGSYS; bubblewrap passes it on as 128 + 31. */
const killed = {
  bubblewrap: { exitCode: 128 + 31, signal: null },
  landlock: { exitCode: null, signal: "SIGSYS" },
};
const tables = { bubblewrap: systemCallRules, landlock: landlockCallRules };

async function filteredLevels(): Promise<readonly Exclude<SandboxLevel, "none">[]> {
  if (!existsSync(python)) {
    process.stderr.write(`skipped: real system calls need ${python}\n`);
    return [];
  }
  return (await testableLevels()).filter((level) => level !== "none");
}

/** Arguments for which a condition holds. */
function trigger(condition: Condition | undefined): readonly number[] {
  const values = [0, 0, 0, 0, 0, 0];
  if (condition?.test === "equals") {
    values[condition.argument] = condition.value;
  } else if (condition?.test === "any-bit") {
    values[condition.argument] = condition.mask;
  } else if (condition?.test === "not-zero") {
    values[condition.argument] = 1;
  } else if (condition !== undefined) {
    values[0] = condition.argument === 0 ? 2 : 1;
    values[1] = 2;
  }
  return values;
}

describe.each(await filteredLevels())(
  "at level %s a real system call under the filter",
  (level) => {
    let attacker: Attacker;
    beforeAll(() => {
      attacker = startAttacker();
    });
    afterAll(() => attacker.close());

    function policy(program: string, argv: readonly string[]): ExecutionPolicy {
      return {
        ...attacker.policy(level, program, []),
        executable: { path: python },
        argv: ["-I", programPath(attacker, level, program), ...argv],
      };
    }

    test("gets the error of its row in the table", async () => {
      const rows = tables[level].filter((rule) => rule.numbers[architecture] !== undefined);
      const calls = rows.map((rule) => [rule.numbers[architecture], trigger(rule.when)]);
      const { outcome } = await attacker.ask({
        policy: policy("system-calls.py", [JSON.stringify(calls)]),
      });
      const answers = JSON.parse(outcome?.stdout ?? "[]") as readonly number[];
      expect(rows.map((rule, index) => [rule.name, answers[index]])).toEqual(
        rows.map((rule) => [rule.name, errno[rule.error]]),
      );
    });

    test("works when no row names it", async () => {
      // socketpair(AF_UNIX, SOCK_STREAM, 0, NULL) fails on its pointer, not at the filter; getppid works.
      const numbers =
        architecture === "x64"
          ? { socketpair: 53, getppid: 110 }
          : { socketpair: 199, getppid: 173 };
      const calls = [
        [numbers.socketpair, [1, 1, 0, 0]],
        [numbers.getppid, []],
      ];
      const { outcome } = await attacker.ask({
        policy: policy("system-calls.py", [JSON.stringify(calls)]),
      });
      expect(JSON.parse(outcome?.stdout ?? "[]")).toEqual([14, 0]);
    });

    test.runIf(architecture === "x64")("of the x32 kind kills the process", async () => {
      const calls = [[0x40000000 + 110, []]];
      const { outcome } = await attacker.ask({
        policy: policy("system-calls.py", [JSON.stringify(calls)]),
      });
      expect(outcome).toMatchObject({ stdout: "", ...killed[level] });
    });

    test.runIf(architecture === "x64")("through the i386 entry kills the process", async () => {
      const { outcome } = await attacker.ask({ policy: policy("foreign-call.py", []) });
      expect(outcome).toMatchObject({ stdout: "", ...killed[level] });
    });
  },
);
