import type { Attempt } from "@clawkeep/sandbox";
import type { Execution } from "@clawkeep/skill-runtime";
import { expect, test } from "vitest";

import { attemptKey, judgeAttempts, observationOf } from "./judge-attempts.ts";

const attempt: Attempt = {
  kind: "write",
  call: "openat",
  path: "/etc/x",
  allowed: false,
  program: "/usr/bin/dash",
  times: 3,
};

test("what is not allowed is a problem of its kind, with what the kernel saw", () => {
  const problems = judgeAttempts([
    attempt,
    { ...attempt, allowed: true },
    { kind: "network", call: "connect", address: "10.0.0.1:80", allowed: false, times: 1 },
    { kind: "left-behind", call: "exit", allowed: false, times: 1 },
    { ...attempt, kind: "process", call: "execve" },
  ]);
  expect(problems.map(({ code }) => code)).toEqual([
    "CASE_WRITES_OUTSIDE",
    "CASE_NETWORK",
    "CASE_LEFT_BEHIND",
    "CASE_PROCESS",
  ]);
  expect(problems[0]?.message).toBe(
    "/usr/bin/dash tried to write outside its write roots: openat /etc/x, 3 times",
  );
  expect(problems[1]?.message).toContain("connect 10.0.0.1:80");
});

test("a run says how it was observed, or that it was not", () => {
  const run = (more: Partial<Execution>): Execution => ({ notes: [], ...more }) as Execution;
  expect(observationOf(run({ observedBy: "seccomp" }))).toBe("seccomp");
  expect(observationOf(run({ notes: ["not observed: no observer"] }))).toBe(
    "not observed: no observer",
  );
  expect(observationOf(run({}))).toMatch(/^not observed/u);
});

test("how often something was tried does not make it another thing", () => {
  expect(attemptKey(attempt)).toBe(attemptKey({ ...attempt, times: 9 }));
  expect(attemptKey(attempt)).not.toBe(attemptKey({ ...attempt, path: "/etc/y" }));
});
