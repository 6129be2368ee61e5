import { join } from "node:path";

/** Where the tests' own bundle is: below node_modules, so that it finds what stays outside of it. */
export const bundleFolder: string = join(
  import.meta.dirname,
  "..",
  "node_modules",
  ".cache",
  "bundle",
);

/** The executable of the tests' own bundle. */
export const bundle: string = join(bundleFolder, "main.js");
