import { findTrustedProgram } from "../trusted-program.ts";
import type { FoundProgram } from "../trusted-program.ts";

/** Where bubblewrap is looked for. Never PATH: who sets it would choose the sandbox. */
export const bubblewrapPaths: readonly string[] = [
  "/usr/bin/bwrap",
  "/bin/bwrap",
  "/usr/local/bin/bwrap",
  "/run/current-system/sw/bin/bwrap",
];

/** Takes the first candidate that exists; a candidate that somebody else can change is an answer too. */
export function findBubblewrap(candidates: readonly string[] = bubblewrapPaths): FoundProgram {
  return findTrustedProgram("bubblewrap", candidates);
}
