import { defineConfig } from "tsup";

import { packageBuild } from "../../tsup.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig(packageBuild);

export default config;
