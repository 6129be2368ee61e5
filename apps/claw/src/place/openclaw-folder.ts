import { homedir } from "node:os";
import path from "node:path";

/** Folder whose `node_modules` holds OpenClaw: the one that was named, or the cache. Never what a path variable finds. */
export function openclawFolder(named: string | undefined): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
  return named ?? path.join(cache, "clawkeep", "openclaw");
}
