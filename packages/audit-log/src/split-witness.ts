/** A part of a witness that should be one signed checkpoint. */
export interface WitnessPart {
  /** The line at which it begins, from 1. */
  readonly line: number;
  readonly note: string;
}

// Every checkpoint begins with its log's name. What is torn before it costs no other checkpoint.
const beginning: string = "clawkeep/audit/";

/**
 * Splits the text of a witness at the lines that begin a checkpoint. Empty lines between
 * checkpoints mean nothing. What is no checkpoint is a part too, so that it is judged.
 */
export function splitWitness(text: string): readonly WitnessPart[] {
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  const parts: { line: number; lines: string[] }[] = [];
  for (const [index, line] of lines.entries()) {
    const current = parts.at(-1);
    if (current === undefined ? line !== "" : line.startsWith(beginning)) {
      parts.push({ line: index + 1, lines: [line] });
    } else {
      current?.lines.push(line);
    }
  }
  if (torn !== "") {
    // Without its newline it is not what was appended: it must not be read as if it were.
    return [...parts.map(partOf), { line: lines.length + 1, note: torn }];
  }
  return parts.map(partOf);
}

function partOf({ line, lines }: { line: number; lines: readonly string[] }): WitnessPart {
  const end = lines.findLastIndex((one) => one !== "");
  return { line, note: `${lines.slice(0, end + 1).join("\n")}\n` };
}
