import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { build } from "tsup";

import config from "../tsup.config.ts";
import { bundleVariable, bundlesFolder } from "./bundle.ts";

/** Builds what users get, once for all tests of a run, from the sources as they are now. */
export async function setup(): Promise<void> {
  mkdirSync(bundlesFolder, { recursive: true });
  const outDir = mkdtempSync(join(bundlesFolder, "bundle-"));
  process.env[bundleVariable] = outDir;
  await build({ ...config, config: false, outDir, sourcemap: false, silent: true });
}

export function teardown(): void {
  const outDir = process.env[bundleVariable];
  if (outDir !== undefined) rmSync(outDir, { recursive: true, force: true });
}
