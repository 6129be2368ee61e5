import { lstatSync } from "node:fs";
import path from "node:path";

import { stateHome } from "@clawkeep/durable-files";

/**
 * Lets Node keep what it compiles of this program's own files, so that the next start does not compile
 * them again: in `cache/compile` of the state folder, when that is this user's and nobody else may
 * look into it. What lies there is run, so no folder that others can write to will do, such as Node's
 * own choice below the folder for temporary files. Without such a folder, as in a sandbox, nothing is
 * kept and nothing is made.
 */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>): void {
  try {
    const home = stateHome(env);
    const status = lstatSync(home);
    if (status.isDirectory() && status.uid === process.geteuid?.() && (status.mode & 0o077) === 0) {
      process
        .getBuiltinModule("node:module")
        .enableCompileCache(path.join(home, "cache", "compile"));
    }
  } catch {
    // No state folder yet, or none that can be named: it is only a matter of speed.
  }
}
