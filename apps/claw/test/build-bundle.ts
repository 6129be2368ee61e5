import { build } from "tsup";

import config from "../tsup.config.ts";
import { bundleFolder } from "./bundle.ts";

/** Builds what users get, once for all tests, from the sources as they are now. */
export async function setup(): Promise<void> {
  await build({ ...config, config: false, outDir: bundleFolder, sourcemap: false, silent: true });
}
