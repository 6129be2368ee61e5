import { readFileSync } from "node:fs";

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

/**
 * What a bubblewrap's own texts tell without starting it. Only a run shows whether an option works; one that the
 * file does not name need not be tried.
 */
export function whatItsFileTells(file: string): {
  readonly version: string | undefined;
  readonly bindsByDescriptor: boolean;
} {
  const text = readFileSync(file).toString("latin1");
  return {
    version: /\0bubblewrap (\d[\w.-]*)\0/u.exec(text)?.[1],
    // A wrapper around the real program tells nothing.
    bindsByDescriptor: text.includes("--ro-bind-fd") || !text.includes("--ro-bind-data"),
  };
}
