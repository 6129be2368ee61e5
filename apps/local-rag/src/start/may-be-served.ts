import { existsSync } from "node:fs";
import path from "node:path";

import { stateHome } from "@clawkeep/durable-files";

/** Whether a service was ever started by this user: otherwise a question loads nothing to look for one. */
export function mayBeServed(env: Readonly<Record<string, string | undefined>>): boolean {
  try {
    return existsSync(path.join(stateHome(env), "run"));
  } catch {
    return false;
  }
}
