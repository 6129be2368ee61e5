import type { Finding } from "@clawkeep/diagnostics";
import type { JsonValue } from "@clawkeep/integrity";
import type { Action } from "@clawkeep/skill-format";
import { lstat } from "node:fs/promises";
import path from "node:path";

/**
 * Checks on disk that no path argument leaves its root: no part of it may be a link. A part that does
 * not exist is fine, the program will say so. Inside a sandbox a link that is made later leads to
 * nothing outside the roots either; at level `none` it would be followed.
 *
 * @param sources Real host path of each root, by name.
 */
export async function confinePaths(
  action: Action,
  values: Readonly<Record<string, JsonValue>>,
  sources: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, spec] of Object.entries(action.arguments)) {
    const value = values[name];
    if (spec.type !== "path" || typeof value !== "string") {
      continue;
    }
    let at = sources[spec.root] ?? "/nonexistent";
    for (const part of value.split("/")) {
      at = path.join(at, part);
      if (await isLink(at)) {
        findings.push({
          code: "ARGUMENT_PATH_LINK",
          severity: "error",
          message: `argument ${name}: a part of the path is a link, which could lead out of the root ${spec.root}`,
          hint: "name the real path",
        });
        break;
      }
    }
  }
  return findings;
}

async function isLink(file: string): Promise<boolean> {
  try {
    return (await lstat(file)).isSymbolicLink();
  } catch {
    return false;
  }
}
