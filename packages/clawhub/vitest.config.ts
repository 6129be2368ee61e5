import { defineConfig } from "vitest/config";

import { sourceConditions } from "../../vitest.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig(sourceConditions);

export default config;
