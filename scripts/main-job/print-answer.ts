import { escapeForTerminal } from "@clawkeep/diagnostics";

import type { AnsweredExecution } from "./shapes.ts";

const linesShown = 4;
const width = 96;

/** Prints the answer for a person: summary first, then the passages with where they come from. */
export function printAnswer(out: NodeJS.WritableStream, execution: AnsweredExecution): void {
  const { output } = execution;
  const lines = [`Question  ${escapeForTerminal(output.query)}`, ""];
  if (output.results.length === 0) {
    lines.push("Nothing in these documents matches.");
  } else {
    lines.push(...wrap(output.summary.text), "");
  }
  for (const [place, hit] of output.results.entries()) {
    const trail = hit.citation.headings.map((heading) => escapeForTerminal(heading)).join(" > ");
    lines.push(
      `[${place + 1}] ${hit.score.toFixed(3)}  ${escapeForTerminal(hit.source)}${trail === "" ? "" : `  (${trail})`}`,
      ...excerpt(hit.text).map((line) => `      ${line}`),
    );
  }
  lines.push(
    "",
    `Run       ${execution.id}, ${execution.durationMs.toFixed(0)} ms in the skill, sandbox: ${execution.level}`,
    `Snapshot  ${output.snapshotRoot}`,
  );
  out.write(`${lines.join("\n")}\n`);
}

function excerpt(text: string): readonly string[] {
  const lines = text
    .split("\n")
    .map((line) => escapeForTerminal(line).trimEnd())
    .filter((line) => line !== "" && !line.startsWith("```"))
    .map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
  return lines.length > linesShown ? [...lines.slice(0, linesShown - 1), "…"] : lines;
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of escapeForTerminal(text.replaceAll("\n", " ")).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
