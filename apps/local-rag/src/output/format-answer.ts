import { escapeForTerminal } from "@clawkeep/diagnostics";
import type { Answer, Hit } from "@clawkeep/retrieval";

/** Lines of a passage that are shown; the citation names the rest. */
const shownLines = 8;

/** An answer for people: the summary first, then each passage with where it stands. */
export function formatAnswer(answer: Answer): string {
  if (answer.results.length === 0) {
    return `No match: ${answer.detail ?? "nothing was found"}.\n`;
  }
  const parts = [
    answer.summary.text === "" ? "" : `${escapeForTerminal(answer.summary.text)}\n\n`,
    ...answer.results.map((hit, place) => formatHit(hit, place + 1)),
    `snapshot ${answer.snapshotRoot}\n`,
  ];
  if (answer.explain !== undefined) {
    const terms = answer.explain.terms.map(({ term, idf }) => `${term} ${idf.toFixed(2)}`);
    parts.push(
      `terms    ${escapeForTerminal(terms.join(", ")) || "none"}\n` +
        `largest bm25 ${answer.explain.largestBm25.toFixed(3)}, ${answer.explain.candidates} candidates\n`,
    );
  }
  return parts.join("");
}

function formatHit(hit: Hit, place: number): string {
  const trail = hit.citation.headings.join(" > ");
  const lines = hit.text.trimEnd().split("\n");
  const shown = lines.slice(0, shownLines).map((line) => `    ${escapeForTerminal(line)}`);
  const more = lines.length - shownLines;
  const explained = hit.explain;
  return [
    `[${place}] ${escapeForTerminal(hit.source)}  ${hit.score.toFixed(3)}`,
    ...(trail === "" ? [] : [`    ${escapeForTerminal(trail)}`]),
    ...(explained === undefined
      ? []
      : [
          `    cosine ${explained.cosine.toFixed(4)} (rank ${explained.vectorRank ?? "-"}), ` +
            `bm25 ${explained.bm25.toFixed(3)} (rank ${explained.keywordRank ?? "-"}), fused ${explained.fused.toFixed(4)}`,
        ]),
    "",
    ...shown,
    ...(more > 0 ? [`    … ${more} more lines`] : []),
    "",
    "",
  ].join("\n");
}
