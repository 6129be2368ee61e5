import { escapeForTerminal } from "@clawkeep/diagnostics";

import type { Answer, Hit } from "../query/answer.ts";
import { quoteLine } from "../query/quote-for-model.ts";

/**
 * An answer as Markdown. Each passage stands in a fence that is longer than any run of backticks in
 * it, so that nothing in a passage can end it; everything else from a document is code in one line.
 */
export function formatMarkdown(answer: Answer): string {
  const notes = [
    ...(answer.vectors === undefined
      ? []
      : [`Answered by keywords; vectors: ${answer.vectors}.\n`]),
    ...(answer.budget === undefined || answer.budget.leftOut === 0
      ? []
      : [
          `${answer.budget.leftOut} more did not fit into ${answer.budget.limit} ${answer.budget.unit}.\n`,
        ]),
  ];
  if (answer.results.length === 0) {
    return [
      `No match: ${answer.detail ?? "nothing was found"}.\n`,
      ...notes,
      snapshotOf(answer),
    ].join("\n");
  }
  const { sentences } = answer.summary;
  return [
    ...sentences.map(({ text, citation }) => `> ${inline(text)} [${citation + 1}]\n`),
    ...answer.results.flatMap(hitLines),
    ...notes,
    snapshotOf(answer),
  ].join("\n");
}

function hitLines(hit: Hit, place: number): readonly string[] {
  const { citation, context } = hit;
  const trail = citation.headings.map(inline).join(" › ");
  return [
    `### ${place + 1}. ${inline(hit.source)} (${hit.score.toFixed(3)})\n`,
    ...(trail === "" ? [] : [`${trail}\n`]),
    ...(context?.before ?? []).map(({ text }) => fenced(text)),
    fenced(hit.text),
    ...(context?.after ?? []).map(({ text }) => fenced(text)),
    ...(hit.shortened === true ? ["Cut to fit; the citation names the whole passage.\n"] : []),
    `bytes ${citation.byteStart}-${citation.byteEnd} of ${inline(quoteLine(citation.path))}, ${citation.chunkDigest}\n`,
  ];
}

function snapshotOf({ snapshotRoot }: Answer): string {
  return `snapshot ${snapshotRoot}\n`;
}

function fenced(text: string): string {
  const safe = escapeForTerminal(text, { keepNewlines: true });
  const fence = "`".repeat(Math.max(3, longestRun(safe) + 1));
  return `${fence}text\n${safe.endsWith("\n") ? safe : `${safe}\n`}${fence}\n`;
}

/** Text of a document on one line, as code: no link, image or tag in it is one. */
function inline(text: string): string {
  const safe = escapeForTerminal(text);
  const fence = "`".repeat(longestRun(safe) + 1);
  return `${fence} ${safe} ${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/gu) ?? []).map(({ length }) => length));
}
