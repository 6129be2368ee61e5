import type { Finding } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import type { Skill } from "@clawkeep/skill-format";

import type { StoredClosure } from "../program/open-closure.ts";

/** The bytes that a request means: those of a run that is to be done again. */
export interface ExpectedDigests {
  readonly folderDigest: Digest;
  readonly contractDigest: Digest;
  readonly closureDigest: Digest;
}

/** What of a locked skill is not what a request means, although the lock holds. */
export function compareDigests(
  expected: ExpectedDigests,
  skill: Skill,
  closure: StoredClosure,
): readonly Finding[] {
  return (
    [
      ["folder", expected.folderDigest, skill.folderDigest],
      ["contract", expected.contractDigest, skill.contractDigest],
      ["program", expected.closureDigest, closure.digest],
    ] as const
  )
    .filter(([, wanted, found]) => wanted !== found)
    .map(([what, wanted, found]) => ({
      code: "SKILL_NOT_EXPECTED",
      severity: "error",
      message: `the ${what} of the skill ${skill.name} should be ${wanted} and is locked as ${found}`,
      hint: "bring back the bytes of that time and lock them, in a workspace of their own if need be",
    }));
}
