import type { Action } from "@clawkeep/skill-format";

import { literalPattern, valuePattern } from "./value-pattern.ts";

/** One entry of OpenClaw's exec allowlist. */
export interface ApprovalEntry {
  /** The launcher: absolute, its own real path, no character that a glob reads. */
  readonly pattern: string;
  /**
   * What its arguments must be. It holds NUL characters: that makes OpenClaw join the arguments with NUL,
   * and a NUL after the last, before it matches. Joined with spaces, `--a "x --b y"` and `--a x --b y`
   * would be the same.
   */
  readonly argPattern: string;
}

/**
 * Allows one action of a skill, called as `LAUNCHER ACTION NAME=VALUE…`: arguments in the order of the
 * contract, each once, those with a default and optional ones may be left out.
 *
 * @param launcher Absolute path of the launcher
 */
export function approvalEntry(launcher: string, name: string, action: Action): ApprovalEntry {
  const parts = Object.entries(action.arguments).map(([argument, spec]) => {
    const part = `${literalPattern(argument)}=${valuePattern(spec)}${end}`;
    return spec.required && spec.default === undefined ? part : `(?:${part})?`;
  });
  return { pattern: launcher, argPattern: `^${literalPattern(name)}${end}${parts.join("")}$` };
}

/** A real NUL, not its escape: OpenClaw looks for one to tell the two forms of a pattern apart. */
const end = "\u0000";
