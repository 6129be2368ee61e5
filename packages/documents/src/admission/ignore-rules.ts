import ignore from "ignore";
import type { Ignore } from "ignore";

import { admissionFinding } from "./admission-findings.ts";
import type { AdmissionFinding } from "./admitted-file.ts";

/** The .gitignore of one folder, and those of the folders around it. */
export interface IgnoreRules {
  readonly parent: IgnoreRules | undefined;
  /** Path of the folder relative to the root, with a `/` behind it; empty for the root. */
  readonly prefix: string;
  readonly rules: Ignore;
}

/** Larger .gitignore files are not read. */
export const maxIgnoreFileBytes = 262_144;

const maxPatternLength = 1024;
/** `**` matches by backtracking over the folders of a path: more of them could hang a walk. */
const maxDoubleStars = 3;

/** Reads the text of a .gitignore; patterns that could hang the walk are findings and do not count. */
export function readIgnoreRules(
  parent: IgnoreRules | undefined,
  prefix: string,
  text: string,
): { readonly rules: IgnoreRules; readonly findings: readonly AdmissionFinding[] } {
  const findings: AdmissionFinding[] = [];
  const rules = ignore({ allowRelativePaths: true, ignorecase: false });
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (line.length > maxPatternLength || line.split("**").length - 1 > maxDoubleStars) {
      findings.push(
        admissionFinding(
          "DOCUMENT_IGNORE_FILE",
          `${prefix}.gitignore`,
          `expected a pattern of at most ${maxPatternLength} characters and ${maxDoubleStars} "**"; this line is not used`,
          index + 1,
        ),
      );
    } else {
      rules.add(line);
    }
  }
  return { rules: { parent, prefix, rules }, findings };
}

/**
 * Asks the nearest .gitignore first: the last matching pattern of the nearest file that has one
 * decides, as in git. `path` is relative to the root; a folder's path ends with `/`.
 */
export function isIgnored(rules: IgnoreRules | undefined, path: string): boolean {
  for (let level = rules; level !== undefined; level = level.parent) {
    const verdict = level.rules.test(path.slice(level.prefix.length));
    if (verdict.ignored || verdict.unignored) {
      return verdict.ignored;
    }
  }
  return false;
}
