import { readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";
import { parseSpec } from "@clawkeep/provision-plan";
import type { DeploymentSpec, SpecResult } from "@clawkeep/provision-plan";

import { findingsText } from "../output/print.ts";

/** Bytes of a file that was named. */
export function readNamed(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CodedError({
      code: "FILE_UNREADABLE",
      message: `expected to read ${file}, could not`,
      hint: "Name a file that is there and that you may read.",
      cause,
    });
  }
}

/** Reads a spec and says everything about it. */
export function readSpec(file: string): SpecResult {
  return parseSpec(readNamed(file), file);
}

/** A spec that holds, its warnings printed; undefined when it does not, its errors printed. */
export function specOrFindings(file: string): DeploymentSpec | undefined {
  const { spec, findings } = readSpec(file);
  process.stderr.write(findingsText(findings));
  return spec;
}
