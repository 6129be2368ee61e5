import fc from "fast-check";
import { expect, test } from "vitest";

import type { ExecutionPolicy } from "../policy.ts";
import { readJournal } from "./read-journal.ts";

const policy: ExecutionPolicy = {
  executable: { path: "/usr/bin/env" },
  argv: [],
  cwd: "/tmp",
  environment: {},
  readRoots: [{ source: "/home/r", target: "/roots/r" }],
  writeRoots: [{ source: "/home/w", target: "/roots/w" }],
  limits: { timeoutMs: 1, stdoutBytes: 1, stderrBytes: 1 },
  network: "none",
  level: "bubblewrap",
};
const read = (lines: readonly object[]): ReturnType<typeof readJournal> =>
  readJournal(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), policy, "bubblewrap", [
    "/tmp",
  ]);

test("says what the policy permits", () => {
  const paths: readonly [kind: string, path: string, allowed: boolean][] = [
    ["write", "/roots/w/x", true],
    ["write", "/roots/w", true],
    ["write", "/roots/wide", false],
    ["write", "/roots/r/x", false],
    ["write", "/tmp/x", true],
    ["write", "/dev/null", true],
    ["write", "/dev/sda", false],
    ["process", "/usr/bin/git", true],
    ["process", "/roots/r/tool", true],
    ["process", "/tmp/made", false],
    ["network", "/roots/w/s", false],
  ];
  const { attempts } = read(paths.map(([kind, path]) => ({ kind, call: "c", path })));
  expect(attempts.map(({ path, allowed }) => [path, allowed])).toEqual(
    paths.map(([, path, allowed]) => [path, allowed]),
  );
  expect(read([{ kind: "write", call: "openat" }]).attempts[0]?.allowed).toBe(false);
});

test("counts what its end counted, and says when there is none", () => {
  const line = { kind: "write", call: "openat", path: "/x" };
  const whole = read([line, { end: true, overflow: false, times: [7] }]);
  expect([whole.attempts[0]?.times, whole.notes]).toEqual([7, []]);
  const cut = readJournal(`${JSON.stringify(line)}\n{"kind":"wri`, policy, "bubblewrap", []);
  expect([cut.attempts.length, cut.notes.length]).toEqual([1, 1]);
  expect(read([line, { end: true, overflow: true, times: [1] }]).notes).toHaveLength(1);
  expect(read([{ error: "no filter" }])).toMatchObject({ fault: "no filter", notes: [] });
});

test("takes any text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(readJournal(text, policy, "none", []).attempts.length).toBeLessThanOrEqual(1);
    }),
  );
});
