import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { argumentFault, maxArgumentBytes } from "./argument-fault.ts";
import { checkPolicy } from "./check-policy.ts";
import type { ExecutionPolicy, SandboxLevel } from "./index.ts";

const policy: ExecutionPolicy = {
  executable: { path: "/bin/true" },
  argv: [],
  cwd: "/",
  environment: {},
  readRoots: [],
  writeRoots: [],
  limits: { timeoutMs: 1, stdoutBytes: 1, stderrBytes: 1 },
  network: "none",
  level: "best",
};

function codeOf(changes: Partial<ExecutionPolicy>, level: SandboxLevel = "bubblewrap"): string {
  try {
    checkPolicy({ ...policy, ...changes }, level);
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a text that cannot reach the program as it is", () => {
  const texts = [
    "a\0b",
    "\ud800",
    "x\udfffy",
    "a".repeat(maxArgumentBytes + 1),
    "é".repeat(65_536),
  ];
  test.each(texts.map((text, index) => [index, text] as const))(
    "is refused everywhere (%i)",
    (_, text) => {
      const root = { source: `/srv/${text}`, target: "/roots/x" };
      for (const changes of [
        { argv: ["fine", text] },
        { arg0: text },
        { cwd: `/${text}` },
        { environment: { NAME: text } },
        { executable: { path: `/${text}` } },
        { readRoots: [root] },
        { writeRoots: [{ ...root, source: "/srv/x", target: `/roots/${text}` }] },
      ]) {
        expect(codeOf(changes)).toBe("SANDBOX_ARGUMENT_REFUSED");
      }
    },
  );

  test("is told from one that can", () => {
    expect(argumentFault("a".repeat(maxArgumentBytes))).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
        const survives = !text.includes("\0") && Buffer.from(text).toString() === text;
        expect(argumentFault(text) === undefined).toBe(survives);
      }),
    );
  });
});

describe("a policy", () => {
  test("is accepted when it is as it should be", () => {
    expect(codeOf({ readRoots: [{ source: "/srv/a", target: "/roots/a" }] })).toBe("accepted");
    const twice = { source: "/srv/a", target: "/srv/a" };
    expect(codeOf({ readRoots: [twice, twice] }, "none")).toBe("accepted");
    expect(codeOf({ readRoots: [{ source: "/srv/a", target: "/srv/a" }] }, "none")).toBe(
      "accepted",
    );
  });

  test.each<[string, Partial<ExecutionPolicy>, SandboxLevel?]>([
    ["the whole machine as a root", { readRoots: [{ source: "/", target: "/roots/a" }] }],
    ["processes as a root", { readRoots: [{ source: "/proc/1", target: "/roots/a" }] }],
    ["devices as a root", { writeRoots: [{ source: "/dev/shm", target: "/roots/a" }] }],
    ["runtime sockets as a root", { readRoots: [{ source: "/run", target: "/roots/a" }] }],
    ["a target over the system", { writeRoots: [{ source: "/srv/a", target: "/usr/lib" }] }],
    ["a target over everything", { writeRoots: [{ source: "/srv/a", target: "/" }] }],
    ["a path that climbs", { readRoots: [{ source: "/srv/../etc", target: "/roots/a" }] }],
    ["a relative path", { cwd: "tmp" }],
    [
      "one target twice",
      {
        readRoots: [{ source: "/srv/a", target: "/roots/a" }],
        writeRoots: [{ source: "/srv/b", target: "/roots/a" }],
      },
    ],
    [
      "another place at level none",
      { readRoots: [{ source: "/srv/a", target: "/roots/a" }] },
      "none",
    ],
    ["a name that is no variable", { environment: { "A=B": "c" } }],
    ["a negative limit", { limits: { timeoutMs: -1, stdoutBytes: 1, stderrBytes: 1 } }],
    [
      "a limit that is no number",
      { limits: { timeoutMs: Number.NaN, stdoutBytes: 1, stderrBytes: 1 } },
    ],
  ])("with %s is refused", (_, changes, level) => {
    expect(codeOf(changes, level)).toBe("SANDBOX_POLICY_REFUSED");
  });
});
