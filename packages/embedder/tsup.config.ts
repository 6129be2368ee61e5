import { defineConfig } from "tsup";

import { packageBuild } from "../../tsup.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...packageBuild,
  entry: { index: "src/index.ts", "embedder-worker": "src/workers/worker.ts" },
});

export default config;
