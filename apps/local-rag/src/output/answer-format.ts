import type { AnswerFormat } from "@clawkeep/retrieval";

import type { CommandSpec } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";

/**
 * The form that `--format` names; `--json` is its short form.
 *
 * @throws CodedError `USAGE`.
 */
export function answerFormat(spec: CommandSpec, options: RawOptions): AnswerFormat {
  const chosen = textOf(options, "format");
  if (chosen !== undefined && options.flags.has("json") && chosen !== "json") {
    throw usage(spec, "--json and --format name two forms; name one");
  }
  const format = chosen ?? (options.flags.has("json") ? "json" : "text");
  if (format !== "json" && format !== "jsonl" && format !== "markdown" && format !== "text") {
    throw usage(spec, `--format is json, jsonl, markdown or text, got ${JSON.stringify(format)}`);
  }
  return format;
}
