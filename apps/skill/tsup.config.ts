import { cpSync, existsSync } from "node:fs";

import { defineConfig } from "tsup";

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  dts: false,
  sourcemap: true,
  clean: true,
  target: "node24",
  // `sqlite` without `node:` is another module, that is not there.
  removeNodeProtocol: false,
  // One file tree without workspace packages: what is locked and shipped is what was tested.
  noExternal: [/^@clawkeep\//],
  // Bundled from their sources, so that the bundle never holds yesterday's build of a package.
  esbuildOptions: (options) => {
    options.conditions = ["source"];
  },
  // The launcher is looked for beside the code that starts it.
  onSuccess: async () => {
    const launchers = "../../packages/sandbox/prebuilt";
    if (existsSync(launchers)) {
      cpSync(launchers, "dist/prebuilt", { recursive: true });
    }
  },
  // gray-matter is CommonJS and asks for `fs` by require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
});

export default config;
