import { defineConfig } from "vitest/config";

import { sourceConditions } from "../../vitest.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...sourceConditions,
  test: {
    ...sourceConditions.test,
    globalSetup: ["./test/build-bundle.ts"],
    // These tests mostly wait for child processes and for the disk.
    maxWorkers: 3,
    maxConcurrency: 3,
  },
});

export default config;
