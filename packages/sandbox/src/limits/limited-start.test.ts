import { describe, expect, test } from "vitest";

import { effectiveLimits } from "./effective-limits.ts";
import { limitedByOf, limitedStart, rlimitsOf } from "./limited-start.ts";
import type { UnlimitedStart } from "./limited-start.ts";

const limits = effectiveLimits({
  timeoutMs: 1,
  stdoutBytes: 1,
  stderrBytes: 1,
  openFiles: 20,
  fileBytes: 3000,
  processes: 7,
});
const program: UnlimitedStart = { file: "/bin/x", arg0: "a name", argv: ["", "-y"], kept: [100] };
const notGiven = (): number => {
  throw new Error("nothing is to be given");
};

test("the number of processes is the kernel's to keep only where it is counted apart", () => {
  const resources = (ownNamespace: boolean): readonly number[] =>
    rlimitsOf(limits, ownNamespace).map(({ resource }) => resource);
  expect(resources(false)).toEqual([4, 1, 7]);
  expect(resources(true)).toEqual(process.getuid?.() === 0 ? [4, 1, 7] : [4, 1, 7, 6]);
  expect(limitedByOf(rlimitsOf(limits, false))).toEqual({
    openFiles: "rlimit",
    fileSize: "rlimit",
  });
  expect(limitedByOf([{ resource: 6, value: 1 }])).toEqual({ processes: "rlimit" });
  expect(limitedByOf([])).toEqual({});
});

describe("a program with limits of its own", () => {
  test("is started by the launcher, with its name, its arguments and what it keeps", () => {
    const given: number[] = [];
    const start = limitedStart(
      program,
      rlimitsOf(limits, false),
      { kind: "launcher", descriptor: 44 },
      (descriptor) => given.push(descriptor) + 8,
    );
    expect(start).toMatchObject({ file: "/proc/self/fd/9", closesDescriptors: true });
    expect(start.argv).toEqual([
      ...["--limits", "4:0,1:3000,7:20", "100", "/bin/x", "a name", "", "-y"],
    ]);
    expect(given).toEqual([44]);
    const plain = limitedStart(
      { ...program, kept: [] },
      [],
      { kind: "launcher", descriptor: 1 },
      () => 3,
    );
    expect(plain.argv.slice(0, 3)).toEqual(["--limits", "-", "-"]);
  });

  test("is started by prlimit where the launcher was not built", () => {
    const setter = { kind: "prlimit", path: "/usr/bin/prlimit" } as const;
    const start = limitedStart(program, rlimitsOf(limits, false), setter, notGiven);
    expect([start.file, start.closesDescriptors]).toEqual(["/usr/bin/prlimit", false]);
    expect(start.argv).toEqual([
      ...["--fsize=3000:3000", "--core=0:0", "--nofile=20:20"],
      ...["--", "/bin/x", "", "-y"],
    ]);
  });

  test("starts as it is where there is neither, and nobody claims that it has limits", () => {
    expect(limitedStart(program, rlimitsOf(limits, true), undefined, notGiven)).toEqual({
      file: "/bin/x",
      arg0: "a name",
      argv: ["", "-y"],
      limitedBy: {},
      closesDescriptors: false,
    });
  });
});
