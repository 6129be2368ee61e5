import type { Answer } from "@clawkeep/retrieval";
import { jsonForModel } from "@clawkeep/retrieval";

import type { CommandSpec } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import { formatAnswer } from "./format-answer.ts";
import { formatMarkdown } from "./format-markdown.ts";

/** How an answer is printed. */
export type AnswerFormat = "json" | "jsonl" | "markdown" | "text";

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

/** An answer in one of the forms; each ends with a newline, and each has the citations. */
export function printAnswer(answer: Answer, tookMs: number, format: AnswerFormat): string {
  switch (format) {
    case "json":
      return `${jsonForModel({ ...answer, tookMs })}\n`;
    case "jsonl":
      return jsonLines(answer, tookMs);
    case "markdown":
      return formatMarkdown(answer);
    default:
      return formatAnswer(answer);
  }
}

/** A line for each hit, best first, and a last line with the rest of the answer. */
function jsonLines(answer: Answer, tookMs: number): string {
  const { results, ...rest } = answer;
  const hits = results.map((hit, place) => ({ version: 1, type: "hit", rank: place + 1, ...hit }));
  const last = { ...rest, type: "answer", hits: results.length, tookMs };
  return [...hits, last].map((line) => `${jsonForModel(line)}\n`).join("");
}
