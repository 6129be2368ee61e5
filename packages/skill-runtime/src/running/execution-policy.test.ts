import { expect, test } from "vitest";

import { resourceLimits } from "./execution-policy.ts";

test("a contract's limits reach the sandbox in its own units, and no others", () => {
  expect(resourceLimits()).toEqual({});
  expect(
    resourceLimits({ memoryMb: 64, cpuSeconds: 2, processes: 8, openFiles: 32, fileMb: 3 }),
  ).toEqual({
    memoryBytes: 64 * 1024 * 1024,
    cpuMs: 2000,
    processes: 8,
    openFiles: 32,
    fileBytes: 3 * 1024 * 1024,
  });
});
