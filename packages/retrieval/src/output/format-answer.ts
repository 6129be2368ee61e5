import { count, escapeForTerminal } from "@clawkeep/diagnostics";

import type { Answer, Hit } from "../query/answer.ts";

/** Lines of a passage that are shown; the citation names the rest. */
const shownLines = 8;

/** An answer for people: the summary first, then each passage with where it stands. */
export function formatAnswer(answer: Answer): string {
  if (answer.results.length === 0) {
    return `No match: ${answer.detail ?? "nothing was found"}.\n${notes(answer)}`;
  }
  const parts = [
    answer.summary.text === "" ? "" : `${escapeForTerminal(answer.summary.text)}\n\n`,
    ...answer.results.map((hit, place) => formatHit(hit, place + 1)),
    notes(answer),
    `snapshot ${answer.snapshotRoot}\n`,
  ];
  if (answer.explain !== undefined) {
    const terms = answer.explain.terms.map(({ term, idf }) => `${term} ${idf.toFixed(2)}`);
    const { allowed, candidates, largestBm25, weights } = answer.explain;
    parts.push(
      `terms    ${escapeForTerminal(terms.join(", ")) || "none"}\n` +
        `largest bm25 ${largestBm25.toFixed(3)}, ${candidates} candidates\n` +
        `weights  cosine ${weights.vector}, bm25 ${weights.keyword}\n` +
        (allowed === undefined ? "" : `conditions met by ${count(allowed, "passage")}\n`),
    );
  }
  return parts.join("");
}

/** What a reader should know of the answer as a whole. */
function notes({ vectors, budget }: Answer): string {
  return (
    (vectors === undefined ? "" : `answered by keywords; vectors: ${vectors}\n`) +
    (budget === undefined || budget.leftOut === 0
      ? ""
      : `${budget.leftOut} more did not fit into ${budget.limit} ${budget.unit}\n`)
  );
}

function formatHit(hit: Hit, place: number): string {
  const trail = hit.citation.headings.join(" > ");
  const lines = hit.text.trimEnd().split("\n");
  // Who asked for neighbours or a budget wants to read all of it here.
  const most = hit.context === undefined && hit.shortened === undefined ? shownLines : Infinity;
  const shown = lines.slice(0, most).map((line) => `    ${escapeForTerminal(line)}`);
  const more = lines.length - shown.length;
  const explained = hit.explain;
  const around = (side: "before" | "after"): readonly string[] =>
    (hit.context?.[side] ?? []).flatMap(({ text, lineStart, lineEnd }) => [
      `    · lines ${lineStart}-${lineEnd}`,
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => `    · ${escapeForTerminal(line)}`),
    ]);
  return [
    `[${place}] ${escapeForTerminal(hit.source)}  ${hit.score.toFixed(3)}`,
    ...(trail === "" ? [] : [`    ${escapeForTerminal(trail)}`]),
    ...(explained === undefined
      ? []
      : [
          `    cosine ${explained.cosine?.toFixed(4) ?? "-"} (rank ${explained.vectorRank ?? "-"}), ` +
            `bm25 ${explained.bm25.toFixed(3)} (rank ${explained.keywordRank ?? "-"}), fused ${explained.fused.toFixed(4)}` +
            (explained.rerank === undefined
              ? ""
              : `, cross-encoder ${explained.rerank.toFixed(3)}`),
          `    ${escapeForTerminal(explained.terms.map(({ term, bm25 }) => `${term} ${bm25.toFixed(3)}`).join(", ")) || "no term of the query"}`,
        ]),
    "",
    ...around("before"),
    ...shown,
    ...(more > 0 ? [`    … ${more} more lines`] : []),
    ...(hit.shortened === true ? ["    … cut to fit"] : []),
    ...around("after"),
    "",
    "",
  ].join("\n");
}
