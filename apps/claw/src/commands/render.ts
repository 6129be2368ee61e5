import { escapeForTerminal } from "@clawkeep/diagnostics";
import { renderDeployment } from "@clawkeep/provision-plan";

import { printData, printJson, printNote } from "../output/print.ts";
import { writeNew } from "../output/write-new.ts";
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
    writeNew(options.out, artifacts, 0o700);
    printNote(escapeForTerminal(`${artifacts.length} files in ${options.out}`));
  }
  if (options.json === true) printJson({ version: 1, artifacts });
  else if (options.out === undefined) {
    for (const one of artifacts)
      printData(escapeForTerminal(`== ${one.path}\n${one.text}`, { keepNewlines: true }));
  }
  return 0;
}
