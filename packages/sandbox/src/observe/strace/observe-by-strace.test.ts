import { expect, test } from "vitest";

import type { Launch } from "../../launch.ts";
import type { ExecutionPolicy } from "../../policy.ts";
import type { Observation } from "../observer-launch.ts";
import { observeByStrace } from "./observe-by-strace.ts";

const launch: Launch = {
  file: "/bin/true",
  arg0: "true",
  argv: [],
  cwd: "/",
  environment: {},
  descriptors: [],
  insidePid: () => undefined,
  programRan: () => true,
  closesDescriptors: true,
  limitedBy: {},
  notes: ["before"],
  dispose: () => {},
};

function policy(observe?: ExecutionPolicy["observe"]): ExecutionPolicy {
  return {
    executable: { path: "/bin/true" },
    argv: [],
    cwd: "/",
    environment: {},
    readRoots: [],
    writeRoots: [],
    limits: { timeoutMs: 1, stdoutBytes: 1, stderrBytes: 1 },
    network: "none",
    level: "none",
    ...(observe === undefined ? {} : { observe }),
  };
}

test("a run that nobody asked to observe, or that is observed already, is left as it is", async () => {
  for (const observe of [undefined, false] as const) {
    expect(await observeByStrace(launch, policy(observe), "none", [], 0, [], undefined)).toBe(
      launch,
    );
  }
  const observation: Observation = {
    observer: "/o",
    remaining: [],
    descriptors: [{ kind: "journal" }, { kind: "journal" }],
    read: () => ({ observedBy: "seccomp", attempts: [], notes: [] }),
  };
  expect(await observeByStrace(launch, policy(true), "none", [], 0, [], observation)).toBe(launch);
});

test("with neither mechanism the run goes on, and says that it was not observed and why", async () => {
  const none = await observeByStrace(launch, policy("seccomp"), "none", [], 0, [], {
    why: "the observer was not built",
  });
  expect([none.file, none.readJournal]).toEqual([launch.file, undefined]);
  expect(none.notes).toEqual([
    "before",
    "not observed: the observer was not built; strace was not asked for",
  ]);
});
