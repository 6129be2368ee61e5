import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { cacheFolder } from "../cache.ts";
import { runOrThrow } from "../cold-query/peers.ts";

/** The release of the Model Context Protocol's own inspector that judges ours. */
export const inspectorVersion = "2.12.0";

/** Its launcher, installed once in a folder of the cache with its scripts off: 110 MB of clients of which one is used. */
export function installInspector(): string {
  const folder = cacheFolder(`inspector-${inspectorVersion}`);
  const place = path.join(folder, "node_modules/@modelcontextprotocol/inspector");
  const manifest = path.join(place, "package.json");
  const wanted = `"version": "${inspectorVersion}"`;
  if (!existsSync(manifest) || !readFileSync(manifest, "utf8").includes(wanted)) {
    mkdirSync(folder, { recursive: true });
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder];
    runOrThrow("npm", ["install", ...flags, `@modelcontextprotocol/inspector@${inspectorVersion}`]);
  }
  return path.join(place, "clients/launcher/build/index.js");
}
