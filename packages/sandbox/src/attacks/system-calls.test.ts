import { existsSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, programPath, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import type { ExecutionPolicy } from "../index.ts";
import { systemCallRules } from "../seccomp/rules.ts";
import type { Condition } from "../seccomp/rules.ts";

const python = "/usr/bin/python3";
const errno = { EPERM: 1, EACCES: 13, ENOSYS: 38 };
const architecture = process.arch === "arm64" ? "arm64" : "x64";
/** The kernel ends a process that breaks the filter with SIGSYS, which is 31. */
const killedBySigsys = 128 + 31;

async function possible(): Promise<boolean> {
  if (!existsSync(python)) {
    process.stderr.write(`skipped: real system calls need ${python}\n`);
    return false;
  }
  return bubblewrapTestable();
}

/** Arguments for which a condition holds. */
function trigger(condition: Condition | undefined): readonly number[] {
  const values = [0, 0, 0, 0, 0, 0];
  if (condition?.test === "equals") {
    values[condition.argument] = condition.value;
  } else if (condition?.test === "any-bit") {
    values[condition.argument] = 0x10000000;
  } else if (condition?.test === "not-zero") {
    values[condition.argument] = 1;
  } else if (condition !== undefined) {
    values[0] = condition.argument === 0 ? 2 : 1;
    values[1] = 2;
  }
  return values;
}

describe.runIf(await possible())("a real system call under the filter", () => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  function policy(program: string, argv: readonly string[]): ExecutionPolicy {
    return {
      ...attacker.policy("bubblewrap", program, []),
      executable: { path: python },
      argv: ["-I", programPath(attacker, "bubblewrap", program), ...argv],
    };
  }

  test("gets the error of its row in the table", async () => {
    const rows = systemCallRules.filter((rule) => rule.numbers[architecture] !== undefined);
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
      architecture === "x64" ? { socketpair: 53, getppid: 110 } : { socketpair: 199, getppid: 173 };
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
    expect([outcome?.stdout, outcome?.exitCode]).toEqual(["", killedBySigsys]);
  });

  test.runIf(architecture === "x64")("through the i386 entry kills the process", async () => {
    const { outcome } = await attacker.ask({ policy: policy("foreign-call.py", []) });
    expect([outcome?.stdout, outcome?.exitCode]).toEqual(["", killedBySigsys]);
  });
});
