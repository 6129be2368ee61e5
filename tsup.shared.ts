import type { Options } from "tsup";

/** How a package is built: ES modules for Node 24 from `src/index.ts`; declarations come from tsc. */
export const packageBuild: Options = {
  entry: ["src/index.ts"],
  format: "esm",
  dts: false,
  sourcemap: true,
  clean: true,
  // `node:sqlite` exists only with its prefix.
  removeNodeProtocol: false,
  target: "node24",
};
