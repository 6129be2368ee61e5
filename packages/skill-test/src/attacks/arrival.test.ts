import type { Action } from "@clawkeep/skill-format";
import type { Execution } from "@clawkeep/skill-runtime";
import { expect, test } from "vitest";

import { arrivalProblem, echoProblem } from "./arrival.ts";

const action = {
  argv: [
    { kind: "literal", text: "--" },
    { kind: "argument", name: "text" },
  ],
  stdin: { kind: "none" },
} as unknown as Action;

const changed = (text: string, echoed: string): string | undefined =>
  arrivalProblem(action, { text }, "text", text, Buffer.from(echoed));

test("a text has arrived when every byte of it stands where the contract says", () => {
  expect(changed("a\u0664b", "--\0a\u0664b\0\0")).toBeUndefined();
  expect(changed("a\u0664b", "--\0a4b\0\0")).toContain("element 1");
  expect(changed("x", "-\0x\0\0")).toContain("element 0");
  expect(changed("x", "--\0x\0y\0\0")).toContain("another number");
  expect(changed("x", "--\0")).toContain("another number");
});

const ended: Execution = {
  exitCode: 0,
  signal: null,
  durationMs: 20_000.4,
  notes: [],
  stderr: new Uint8Array(),
} as unknown as Execution;

test("an echo that was stopped shows nothing about the text, and says how it ended", () => {
  expect(echoProblem(ended)).toBeUndefined();
  expect(echoProblem({ ...ended, exitCode: null, terminatedBy: "timeout" })).toContain(
    "timeout after 20000 ms",
  );
  expect(echoProblem({ ...ended, exitCode: null, signal: "SIGKILL" })).toContain("SIGKILL");
  expect(echoProblem({ ...ended, exitCode: 2, stderr: Buffer.from("sh: out of memory") })).toMatch(
    /exit code 2 .*out of memory/u,
  );
});

test("an echo whose output was not awaited shows nothing either", () => {
  const note = "a process that was left behind kept the output open; its output was not awaited";
  expect(echoProblem({ ...ended, notes: [note] })).toContain("not awaited");
});
