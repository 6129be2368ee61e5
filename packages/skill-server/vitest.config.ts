import { defineConfig } from "vitest/config";

import { sourceConditions } from "../../vitest.shared.ts";

const config: ReturnType<typeof defineConfig> = defineConfig({
  ...sourceConditions,
  test: {
    ...sourceConditions.test,
    // The client's dependency `eventsource` has a `source` condition of its own, in TypeScript, which
    // Node does not strip below node_modules.
    server: { deps: { inline: [/@modelcontextprotocol\/client/u, /eventsource/u] } },
  },
});

export default config;
