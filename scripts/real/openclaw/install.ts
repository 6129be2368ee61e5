import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { cacheFolder } from "../cache.ts";
import { openclawVersion } from "./release.ts";

/** An OpenClaw in a folder of the cache. */
export interface InstalledOpenclaw {
  readonly folder: string;
  /** Path of `openclaw.mjs`, for Node. */
  readonly entry: string;
  readonly version: string;
}

/**
 * Installs a release, once, in a folder of its own: no install script runs. `latest` is looked up anew
 * every time.
 *
 * @throws Error with npm's words
 */
export function installOpenclaw(wanted: string = openclawVersion): InstalledOpenclaw {
  const isPinned = wanted === openclawVersion;
  const folder = cacheFolder(isPinned ? "openclaw" : "openclaw-latest");
  const place = path.join(folder, "node_modules/openclaw");
  if (!isPinned || installedVersion(place) !== wanted) {
    mkdirSync(folder, { recursive: true });
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    const ended = spawnSync(
      "npm",
      ["install", "--prefix", folder, ...flags, `openclaw@${wanted}`],
      { encoding: "utf8", maxBuffer: 2 ** 26 },
    );
    if (ended.status !== 0) {
      throw new Error(`npm install openclaw@${wanted}: ${ended.status}\n${ended.stderr}`);
    }
  }
  return {
    folder,
    entry: path.join(place, "openclaw.mjs"),
    version: installedVersion(place) ?? "",
  };
}

function installedVersion(place: string): string | undefined {
  const manifest = path.join(place, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version;
}
