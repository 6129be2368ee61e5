import { lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** A program that only root could have put there, or why there is none. */
export type FoundProgram = { readonly path: string } | { readonly why: string };

/** Takes the first candidate that exists; a candidate that somebody else can change is an answer too. */
export function findTrustedProgram(name: string, candidates: readonly string[]): FoundProgram {
  for (const candidate of candidates) {
    let real: string;
    try {
      real = realpathSync(candidate);
    } catch {
      continue;
    }
    const fault = ownershipFault(real);
    return fault === undefined ? { path: real } : { why: `${candidate} is not trusted: ${fault}` };
  }
  return { why: `${name} is not installed (looked for ${candidates.join(", ")})` };
}

/** The program and every folder above it must belong to root and be writable by root alone. */
function ownershipFault(file: string): string | undefined {
  if (!statSync(file).isFile()) {
    return `${file} is not a file`;
  }
  for (let at = file; ; at = path.dirname(at)) {
    const { uid, mode } = lstatSync(at);
    if (uid !== 0) {
      return `${at} belongs to uid ${uid}, not to root`;
    }
    if ((mode & 0o022) !== 0) {
      return `${at} can be written by others than root`;
    }
    if (at === path.dirname(at)) {
      return undefined;
    }
  }
}
