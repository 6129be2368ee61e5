import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Artifact } from "@clawkeep/provision-plan";

/**
 * Writes artifacts below a folder. A file that is there already stays: what somebody changed by hand is not overwritten
 * unasked.
 * @throws CodedError RENDER_NOT_WRITTEN
 */
export function writeNew(folder: string, artifacts: readonly Artifact[], folderMode: number): void {
  mkdirSync(folder, { recursive: true, mode: folderMode });
  for (const { path: name, text, mode } of artifacts) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    try {
      writeFileSync(file, text, { mode, flag: "wx" });
    } catch (cause) {
      throw new CodedError({
        code: "RENDER_NOT_WRITTEN",
        message: `expected to make ${file}, could not`,
        hint: "Name a new folder; files that are there are not overwritten.",
        cause,
      });
    }
  }
}
