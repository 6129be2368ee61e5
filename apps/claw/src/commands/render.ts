import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { renderDeployment } from "@clawkeep/provision-plan";
import type { Artifact } from "@clawkeep/provision-plan";

import { printData, printJson, printNote } from "../output/print.ts";
import { thisPlace } from "../place/render-place.ts";
import { specOrFindings } from "../place/spec-file.ts";

/** Options of `render` as they were written. */
export interface RenderOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Renders a spec's files into a new folder, or prints them. Nothing is installed or started. */
export function renderSpec(file: string, options: RenderOptions): number {
  const spec = specOrFindings(file);
  if (spec === undefined) return 1;
  const artifacts = renderDeployment(spec, thisPlace());
  if (options.out !== undefined) {
    for (const one of artifacts) write(options.out, one);
    printNote(escapeForTerminal(`${artifacts.length} files in ${options.out}`));
  }
  if (options.json === true) printJson({ version: 1, artifacts });
  else if (options.out === undefined) {
    for (const one of artifacts)
      printData(escapeForTerminal(`== ${one.path}\n${one.text}`, { keepNewlines: true }));
  }
  return 0;
}

/** A file that is there already stays: what somebody changed by hand is not overwritten unasked. */
function write(folder: string, { path: name, text, mode }: Artifact): void {
  const file = path.join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  try {
    writeFileSync(file, text, { mode, flag: "wx" });
  } catch (cause) {
    throw new CodedError({
      code: "RENDER_NOT_WRITTEN",
      message: `expected to make ${file}, could not`,
      hint: "Name a new folder; files that are there are not overwritten.",
      cause,
    });
  }
}
