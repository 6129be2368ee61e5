import { defineConfig } from "tsup";

import { packageBuild } from "../../tsup.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...packageBuild,
  entry: { index: "src/index.ts", extractor: "src/extraction/child/main.ts" },
});

export default config;
