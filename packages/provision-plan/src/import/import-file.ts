import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { readText } from "@clawkeep/skill-format";
import { stringify } from "yaml";

import { importCompose } from "./import-compose.ts";
import { importConfig } from "./import-config.ts";
import { importEnvironment } from "./import-environment.ts";
import type { ImportResult } from "./import-result.ts";

/**
 * Reads an existing `openclaw.json`, compose file or `.env` by its name. It is parsed and never run.
 * @throws CodedError IMPORT_KIND for a name that is none of them, or the code of why it is no text
 */
export function importFile(bytes: Uint8Array, file: string): ImportResult {
  const { text, findings } = readText(bytes, file);
  if (text === undefined) {
    const [first] = findings;
    throw new CodedError({
      code: first?.code ?? "IMPORT_TEXT",
      message: first?.message ?? "expected text",
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    });
  }
  const name = path.basename(file).toLowerCase();
  if (/\.json5?$/u.test(name)) return importConfig(text, file);
  if (/\.ya?ml$/u.test(name)) return importCompose(text.replaceAll("\r\n", "\n"), file);
  if (/(?:^|\.)env(?:\.|$)/u.test(name)) return importEnvironment(text, file);
  throw new CodedError({
    code: "IMPORT_KIND",
    message: `expected openclaw.json, a compose file (.yml, .yaml) or .env, got ${JSON.stringify(path.basename(file))}`,
    hint: "Name it as what it is.",
  });
}

/** The beginning of a `deploy.yaml` as text. */
export function specText(spec: ImportResult["spec"]): string {
  return stringify(spec);
}
