import { homedir } from "node:os";
import path from "node:path";

/** Folder of programs that judge, before the system's own: the one that was named, or the cache. */
export function judgesFolder(named: string | undefined): string {
  return named ?? path.join(cache(), "clawkeep", "judges", "bin");
}

/** Folder whose `node_modules` holds OpenClaw: the one that was named, or the cache. Never what a path variable finds. */
export function openclawFolder(named: string | undefined): string {
  return named ?? path.join(cache(), "clawkeep", "openclaw");
}

function cache(): string {
  return process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
}
