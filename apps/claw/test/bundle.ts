import { join } from "node:path";
import process from "node:process";

/** Where runs of the tests keep their bundles: below node_modules, so that one finds what stays outside of it. */
export const bundlesFolder: string = join(import.meta.dirname, "..", "node_modules", ".cache");

/** Names the folder of this run's own bundle to its workers: another run may build at the same time. */
export const bundleVariable = "CLAWKEEP_TEST_BUNDLE";

/** The executable of the tests' own bundle. */
export const bundle: string = join(
  process.env[bundleVariable] ?? join(bundlesFolder, "none"),
  "main.js",
);
