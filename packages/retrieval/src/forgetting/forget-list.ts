import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import type { Catalog } from "../catalog/catalog.ts";
import { matchGlob } from "../query/language/match-text.ts";

/** More would make every walk slow. */
const mostPatterns = 1000;
const longestPattern = 4096;

/** The patterns of what must stay out of an index, whatever lies in the workspace. */
export function forgottenPatterns(catalog: Catalog): readonly string[] {
  const text = catalog.fact("forgotten");
  const value: unknown = text === undefined ? [] : JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : [];
}

/** The list as it is kept: each pattern once, in order. Call inside a transaction. */
export function keepPatterns(catalog: Catalog, patterns: readonly string[]): void {
  const unique = [...new Set(patterns)].sort();
  if (unique.length > mostPatterns) {
    throw new CodedError({
      code: "FORGET_PATTERN",
      message: `expected at most ${mostPatterns} patterns that are forgotten, got ${unique.length}`,
      hint: "name a folder, or use a .gitignore",
    });
  }
  if (unique.length === 0) {
    catalog.clearFact("forgotten");
  } else {
    catalog.setFact("forgotten", JSON.stringify(unique));
  }
}

/**
 * Whether a path is to be forgotten: it, or a folder around it, is named or matched. `*` stands for
 * anything but `/`, `**` for anything, `?` for one character.
 */
export function forgets(patterns: readonly string[]): (file: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const globs = patterns.filter(isGlob);
  return (file) => {
    if (exact.size === 0 && globs.length === 0) {
      return false;
    }
    for (let end = file.length; end > 0; end = file.lastIndexOf("/", end - 1)) {
      const part = file.slice(0, end);
      if (exact.has(part) || globs.some((glob) => matchGlob(glob, part))) {
        return true;
      }
    }
    return false;
  };
}

/**
 * A pattern as a person writes it, relative to the workspace: `./notes/` is `notes`, an absolute path
 * inside the workspace is what lies below it.
 *
 * @throws CodedError `FORGET_PATTERN` for what can name nothing in the workspace, or all of it.
 */
export function toPattern(workspace: string, text: string): string {
  const relative = path.isAbsolute(text) ? path.relative(workspace, text) : text;
  const pattern = path.posix.normalize(relative.split(path.sep).join("/")).replace(/\/+$/u, "");
  const names = pattern.split("/");
  if (
    text.trim() === "" ||
    pattern === "." ||
    names[0] === ".." ||
    /\p{Cc}/u.test(pattern) ||
    pattern.length > longestPattern
  ) {
    throw new CodedError({
      code: "FORGET_PATTERN",
      message: `expected a path or pattern of something inside ${workspace}, got ${JSON.stringify(text.slice(0, 200))}`,
      hint: "name it as citations do: docs/plan.md, docs, or docs/**/*.md; to forget everything delete the index folder",
    });
  }
  return pattern;
}

function isGlob(pattern: string): boolean {
  return /[*?]/u.test(pattern);
}
