import { defineConfig } from "vitest/config";

import { sourceConditions } from "../../vitest.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...sourceConditions,
  // Most of a test here is waiting for a program: several workers wait at once, and one process for
  // many files finds the levels once.
  test: { ...sourceConditions.test, maxWorkers: 3, isolate: false },
});

export default config;
