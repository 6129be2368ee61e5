import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { isGone } from "../made-container.cases.ts";
import type { Child } from "./child.ts";
import { startChild } from "./child.ts";

function sh(script: string, lines: string[] = [], secrets: readonly string[] = []): Child {
  return startChild(
    {
      name: "one",
      program: "/bin/sh",
      args: ["-c", script],
      environment: { PATH: "/usr/bin:/bin" },
      cwd: "/",
      secrets,
    },
    (line) => lines.push(line),
  );
}

test("L5: exit codes and signals are told apart", async () => {
  expect(await sh("exit 3").ended).toMatchObject({ code: 3 });
  expect(await sh("kill -9 $$").ended).toMatchObject({ code: 137, how: "was ended by SIGKILL" });
});

test("L5: a program that is not there has ended with 127, and says so", async () => {
  const child = startChild(
    { name: "none", program: "/nowhere/none", args: [], environment: {}, cwd: "/", secrets: [] },
    () => undefined,
  );
  expect(await child.ended).toMatchObject({ code: 127, how: expect.stringContaining("ENOENT") });
  await child.stop("SIGTERM", 1000);
});

test("L15: what it prints has its name, and neither secrets nor a terminal's commands", async () => {
  const lines: string[] = [];
  await sh("echo token is s3cr3t-value; printf '\\033[2Jx\\n'; echo late >&2", lines, [
    "s3cr3t-value",
  ]).ended;
  expect(lines.toSorted()).toEqual(
    ["one: late", expect.stringMatching(/^one: .*x$/u), "one: token is [redacted]"].toSorted(),
  );
  expect(lines.join("")).not.toContain("\u001b");
});

test("L5: what does not end in time is killed, with all that it started", async () => {
  const lines: string[] = [];
  const child = sh("trap '' TERM; sleep 3600 & echo $!; while :; do sleep 1; done", lines);
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await child.stop("SIGTERM", 50);
  expect(await child.ended).toMatchObject({ code: 137 });
  const helper = Number(lines[0]?.replace("one: ", ""));
  while (!isGone(helper)) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(() => readFileSync(`/proc/${child.pid}/cmdline`)).toThrow();
});
