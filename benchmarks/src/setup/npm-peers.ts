import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { runOrThrow } from "../../../scripts/real/cold-query/peers.ts";
import { cacheFolder } from "../../../scripts/real/cache.ts";

/**
 * Installs the packages of a lockfile in a folder of the cache, once, with install scripts off; then runs
 * those of the packages in `build`, which have no binary without.
 */
export function installFromLock(source: string, name: string, build: readonly string[]): string {
  const lock = readFileSync(path.join(source, "package-lock.json"));
  const digest = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const folder = cacheFolder("bench", `${name}-${digest}`);
  const stamp = path.join(folder, "installed.stamp");
  if (!existsSync(stamp)) {
    mkdirSync(folder, { recursive: true });
    for (const file of ["package.json", "package-lock.json"]) {
      copyFileSync(path.join(source, file), path.join(folder, file));
    }
    // `npm ci` wants every platform's binary in the lock, and registries need not carry them all.
    const install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    runOrThrow("npm", [...install, "--loglevel=error"], folder);
    for (const packageName of build) {
      buildPackage(packageName, folder);
    }
    writeFileSync(stamp, "");
  }
  return folder;
}

/** The headers of the Node that runs stand beside it, so that node-gyp downloads nothing. */
function buildPackage(name: string, folder: string): void {
  const node = path.dirname(path.dirname(process.execPath));
  if (existsSync(path.join(node, "include", "node", "node_api.h"))) {
    process.env["npm_config_nodedir"] = node;
  }
  runOrThrow("npm", ["rebuild", name, "--ignore-scripts=false", "--no-audit"], folder);
}
