import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Where the launcher of a skill is. OpenClaw reads its path as a glob, and takes programs named as shells
 * and their like (`env`, `nice`, `timeout`) for those: so the name has a prefix, and the folder's path
 * none but plain characters.
 *
 * @param folder Absolute real path
 * @throws CodedError LAUNCHER_FOLDER
 */
export function launcherPath(folder: string, skill: string): string {
  if (path.isAbsolute(folder) && /^[A-Za-z0-9._/+-]+$/u.test(folder) && folder !== "/") {
    return path.join(folder, `clawkeep-${skill}`);
  }
  throw new CodedError({
    code: "LAUNCHER_FOLDER",
    message: `expected an absolute path of letters, digits and . _ + - for launchers, got ${JSON.stringify(folder)}`,
    hint: "OpenClaw reads the path of an approved program as a pattern: choose a plain one.",
  });
}
