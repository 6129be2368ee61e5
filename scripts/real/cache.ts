import { homedir } from "node:os";
import path from "node:path";

/** Folder outside the clone for what stages download: peers, corpora. `CLAWKEEP_CACHE` moves it. */
export function cacheFolder(...parts: readonly string[]): string {
  const base =
    process.env["CLAWKEEP_CACHE"] ??
    path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "clawkeep");
  return path.join(base, ...parts);
}
