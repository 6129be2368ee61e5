import { writeFileSync } from "node:fs";

import { CodedError, escapeForTerminal, hasErrors } from "@clawkeep/diagnostics";
import { importFile, specText } from "@clawkeep/provision-plan";
import type { ImportResult } from "@clawkeep/provision-plan";

import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { readNamed } from "../place/spec-file.ts";

/** Options of `import` as they were written. */
export interface ImportOptions {
  readonly spec?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** Reads an existing file, migrates it, and says what was changed and what is wrong. Nothing of it is run. */
export function importExisting(file: string, options: ImportOptions): number {
  const result = importFile(readNamed(file), file);
  const ok = !hasErrors(result.findings);
  const text = textOf(result, options.spec === true);
  if (options.out !== undefined && text !== undefined) write(options.out, text);
  if (options.json === true) {
    const { kind, config, changes, findings, spec } = result;
    printJson({
      version: 1,
      ok,
      file,
      kind,
      changes,
      findings,
      ...(config === undefined ? {} : { config }),
      spec,
    });
    return ok ? 0 : 1;
  }
  for (const { path, kind, message } of result.changes) {
    printNote(escapeForTerminal(`${kind} ${path}: ${message}`));
  }
  process.stderr.write(findingsText(result.findings));
  if (options.out === undefined && text !== undefined) {
    printData(escapeForTerminal(text, { keepNewlines: true }));
  }
  return ok ? 0 : 1;
}

function textOf(result: ImportResult, asSpec: boolean): string | undefined {
  if (result.config !== undefined && !asSpec)
    return `${JSON.stringify(result.config, undefined, 2)}\n`;
  return Object.keys(result.spec).length === 0 ? undefined : specText(result.spec);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CodedError({
      code: "IMPORT_NOT_WRITTEN",
      message: `expected to make ${file}, could not`,
      hint: "Name a new file; one that is there is not overwritten.",
      cause,
    });
  }
}
