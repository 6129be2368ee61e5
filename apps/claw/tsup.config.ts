import type { Options } from "tsup";

const config: Options = {
  format: "esm",
  dts: false,
  target: "node24",
  entry: ["src/main.ts"],
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
  // One file tree without workspace packages: what is shipped is what was tested.
  noExternal: [/^@clawkeep\//],
  // Bundled from their sources, so that the bundle never holds yesterday's build of a package.
  esbuildOptions: (options) => {
    options.conditions = ["source"];
  },
  // gray-matter is CommonJS and asks for `fs` by require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
};

export default config;
