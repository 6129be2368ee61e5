import type { Finding } from "@clawkeep/diagnostics";
import { checkLock, lockPath, readLock } from "@clawkeep/skill-runtime";
import type { SkillSurroundings } from "@clawkeep/skill-runtime";

import type { LockedTool } from "./locked-tool.ts";
import { toolsOf } from "./locked-tool.ts";

/** What may be offered, and why the rest may not. */
export interface ReadTools {
  readonly tools: readonly LockedTool[];
  readonly findings: readonly Finding[];
}

/**
 * The tools of every skill that is exactly as `skills.lock` says. What is not in the lock is not there,
 * whatever lies in a folder of skills; what changed since is a finding.
 *
 * @param only Names of skills to offer. Default: all that are locked.
 * @throws CodedError `LOCK_MALFORMED`
 */
export async function readTools(
  surroundings: SkillSurroundings,
  only?: readonly string[],
): Promise<ReadTools> {
  const file = lockPath(surroundings.workspace);
  const names = only ?? Object.keys((await readLock(file)).skills).sort();
  const tools: LockedTool[] = [];
  const findings: Finding[] = [];
  for (const name of names) {
    const check = await checkLock(name, surroundings);
    if (check.skill === undefined) findings.push(...check.findings);
    else tools.push(...toolsOf(check.skill));
  }
  return { tools, findings };
}
