import { defineConfig } from "vitest/config";

import { sourceConditions } from "../../vitest.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...sourceConditions,
  test: { ...sourceConditions.test, globalSetup: ["./test/build-bundle.ts"] },
});

export default config;
