import ignore from "ignore";
import type { Ignore } from "ignore";

import { admissionFinding } from "./admission-findings.ts";
import type { AdmissionFinding } from "./admitted-file.ts";

/**
 * Names of the files that say what to leave out, the stronger first: what a .ragignore says about a path,
 * in whatever folder around it, counts more than what any .gitignore says. Both have git's syntax.
 */
export const ignoreFileNames = [".ragignore", ".gitignore"] as const;

/** Name of a file that says what to leave out. */
export type IgnoreFileName = (typeof ignoreFileNames)[number];

/** The file of one folder, and those of the same name in the folders around it. */
interface IgnoreLevel {
  readonly parent: IgnoreLevel | undefined;
  /** Path of the folder relative to the root, with a `/` behind it; empty for the root. */
  readonly prefix: string;
  readonly rules: Ignore;
}

/** What holds in a folder, by the name of the files that say it. */
export type IgnoreRules = Readonly<Record<IgnoreFileName, IgnoreLevel | undefined>>;

/** Nothing is left out. */
export const noIgnoreRules: IgnoreRules = { ".ragignore": undefined, ".gitignore": undefined };

/** Larger files are not read. */
export const maxIgnoreFileBytes = 262_144;

const maxPatternLength = 1024;
/** `**` matches by backtracking over the folders of a path: more of them could hang a walk. */
const maxDoubleStars = 3;

const newRules = (): Ignore => ignore({ allowRelativePaths: true, ignorecase: false });

/**
 * Adds the text of a folder's file to the rules of the folders around it; patterns that could hang the
 * walk are findings and do not count.
 */
export function readIgnoreRules(
  around: IgnoreRules,
  name: IgnoreFileName,
  prefix: string,
  text: string,
): { readonly rules: IgnoreRules; readonly findings: readonly AdmissionFinding[] } {
  const findings: AdmissionFinding[] = [];
  const rules = newRules();
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (line.length > maxPatternLength || line.split("**").length - 1 > maxDoubleStars) {
      findings.push(
        admissionFinding(
          "DOCUMENT_IGNORE_FILE",
          `${prefix}${name}`,
          `expected a pattern of at most ${maxPatternLength} characters and ${maxDoubleStars} "**"; this line is not used`,
          index + 1,
        ),
      );
    } else {
      rules.add(line);
    }
  }
  return { rules: { ...around, [name]: { parent: around[name], prefix, rules } }, findings };
}

/**
 * Asks the nearest file first: the last matching pattern of the nearest file that has one decides, as in
 * git; a .gitignore is asked when no .ragignore decides. `path` is relative to the root; a folder's path
 * ends with `/`. Its parent was entered, and {@link rulesInside} gave the rules there.
 */
export function isIgnored(rules: IgnoreRules, path: string): boolean {
  for (const name of ignoreFileNames) {
    for (let level = rules[name]; level !== undefined; level = level.parent) {
      const verdict = level.rules.test(path.slice(level.prefix.length));
      if (verdict.ignored || verdict.unignored) {
        return verdict.ignored;
      }
    }
  }
  return false;
}

/**
 * The rules in a folder that is entered. A file that ignores the folder was overruled there: so what it
 * holds is not ignored for being in it, only when a pattern is about the thing itself.
 *
 * @param path Of the folder, relative to the root, with `/` behind it.
 */
export function rulesInside(rules: IgnoreRules, path: string): IgnoreRules {
  return {
    ".ragignore": entered(rules[".ragignore"], path),
    ".gitignore": entered(rules[".gitignore"], path),
  };
}

function entered(level: IgnoreLevel | undefined, path: string): IgnoreLevel | undefined {
  if (level === undefined) {
    return undefined;
  }
  const parent = entered(level.parent, path);
  const inside = path.slice(level.prefix.length);
  if (!level.rules.test(inside).ignored) {
    return parent === level.parent ? level : { ...level, parent };
  }
  const literal = inside.replace(/[\\*?[\]!# ]/gu, String.raw`\$&`);
  const rules = newRules().add(level.rules).add(`!/${literal}`);
  return { parent, prefix: level.prefix, rules };
}
