import type { Answer } from "../query/answer.ts";
import { jsonForModel } from "../query/quote-for-model.ts";
import { formatAnswer } from "./format-answer.ts";
import { formatMarkdown } from "./format-markdown.ts";

/** How an answer is printed. */
export type AnswerFormat = "json" | "jsonl" | "markdown" | "text";

/** Every form, the default of a program first. */
export const answerFormats: readonly ["json", "jsonl", "markdown", "text"] = [
  "json",
  "jsonl",
  "markdown",
  "text",
];

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
