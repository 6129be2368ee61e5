import type { Options } from "tsup";

import main from "./tsup.config.ts";

/** A program of its own in one file: skills.lock names its bytes, and no others. */
const config: Options = {
  ...main,
  entry: { doctor: "src/doctor-program.ts" },
  outDir: "clawkeep-doctor/dist",
  outExtension: () => ({ js: ".mjs" }),
  sourcemap: false,
  splitting: false,
  noExternal: [/./],
};

export default config;
