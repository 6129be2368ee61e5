import type { Finding } from "@clawkeep/diagnostics";
import json5 from "json5";

import { isObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** Deepest nesting that is read; OpenClaw's own schema needs 12. */
const maxDepth = 40;

/** A configuration as it is written, or an error that says why there is none. */
export interface ConfigText {
  readonly config: JsonObject | undefined;
  readonly findings: readonly Finding[];
}

/** Reads `openclaw.json`, which OpenClaw reads as JSON5: comments and trailing commas are allowed. */
export function readOpenClawConfig(text: string, file: string): ConfigText {
  const refuse = (code: string, message: string, hint: string, place: object = {}): ConfigText => ({
    config: undefined,
    findings: [{ code, severity: "error", message, hint, file, ...place }],
  });
  if (tooDeep(text)) {
    return refuse(
      "CONFIG_TOO_DEEP",
      `expected at most ${maxDepth} levels of nesting, got more`,
      "No key of OpenClaw needs that depth.",
    );
  }
  let value: unknown;
  try {
    value = json5.parse(text);
  } catch (error) {
    const { lineNumber, columnNumber } = error as { lineNumber?: number; columnNumber?: number };
    return refuse(
      "CONFIG_SYNTAX",
      `expected JSON5, got ${error instanceof Error ? error.message.replace(/^JSON5: /u, "") : "something else"}`,
      "Correct the file at this place.",
      lineNumber === undefined ? {} : { line: lineNumber, column: columnNumber ?? 1 },
    );
  }
  if (!isObject(value)) {
    return refuse("CONFIG_SHAPE", "expected an object in braces", "Write { … }.", { line: 1 });
  }
  return { config: value, findings: [] };
}

/** Brackets inside texts count too: a file that nests this deep in texts is none of OpenClaw's. */
function tooDeep(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth = Math.max(0, depth - 1);
    if (depth > maxDepth) return true;
  }
  return false;
}
