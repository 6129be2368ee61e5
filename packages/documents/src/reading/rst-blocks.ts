import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";
import { plainBlocks } from "./plain-blocks.ts";

/** A line of one punctuation character: what reStructuredText draws under and over titles. */
const adornment = /^([!-/:-@[-`{-~])\1{2,}[ \t]*$/u;
const maxTitle = 400;

interface Line {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Cuts reStructuredText into blocks: titles by their adornment, the rest at blank lines. Levels follow the
 * order in which adornments first occur, overlined ones apart (docutils, "Sections").
 */
export function rstBlocks(body: string): readonly Block[] {
  const styles: string[] = [];
  const blocks: Block[] = [];
  for (const block of plainBlocks(body, "paragraph")) {
    let rest = block.start;
    const lines = linesOf(body, block.start, block.end);
    for (let index = 0; index < lines.length; index += 1) {
      const title = titleAt(lines, index);
      if (title !== undefined) {
        push(blocks, body, rest, lines[index]?.start ?? rest);
        const level = levelOf(styles, title.style);
        const last = lines[index + title.lines - 1];
        const end = last?.end ?? block.end;
        const text = oneLine(title.text.replace(/(``|[*`])(\S[^`*]*?)\1/gu, "$2"));
        blocks.push({
          kind: "heading",
          start: lines[index]?.start ?? rest,
          end,
          level,
          title: text,
        });
        rest = end;
        index += title.lines - 1;
      }
    }
    push(blocks, body, rest, block.end);
  }
  return blocks;
}

function titleAt(
  lines: readonly Line[],
  index: number,
): { readonly lines: number; readonly style: string; readonly text: string } | undefined {
  const [first, second, third] = [lines[index], lines[index + 1], lines[index + 2]];
  const over = markOf(first);
  if (over !== undefined && second !== undefined && markOf(third) === over) {
    const text = second.text.trim();
    const isTitle = text !== "" && markOf(second) === undefined && text.length <= maxTitle;
    return isTitle ? { lines: 3, style: `${over}${over}`, text } : undefined;
  }
  const under = markOf(second);
  if (first === undefined || under === undefined || over !== undefined) {
    return undefined;
  }
  const text = first.text.trimEnd();
  const isTitle = /^\S/u.test(text) && text.length <= maxTitle;
  const isLong = (second?.text.trimEnd().length ?? 0) + 2 >= Math.min(text.length, 8);
  return isTitle && isLong ? { lines: 2, style: under, text } : undefined;
}

function markOf(line: Line | undefined): string | undefined {
  return line === undefined ? undefined : adornment.exec(line.text)?.[1];
}

function levelOf(styles: string[], style: string): number {
  const known = styles.indexOf(style);
  return Math.min(6, known === -1 ? styles.push(style) : known + 1);
}

function linesOf(body: string, start: number, end: number): readonly Line[] {
  const lines: Line[] = [];
  for (let at = start; at < end;) {
    const newline = body.indexOf("\n", at);
    const stop = newline === -1 || newline > end ? end : newline;
    const text = body.slice(at, stop);
    lines.push({ start: at, end: at + text.trimEnd().length, text: text.slice(0, 2000) });
    at = stop + 1;
  }
  return lines;
}

function push(blocks: Block[], body: string, start: number, end: number): void {
  const text = body.slice(start, end);
  const from = start + (text.length - text.trimStart().length);
  const ink = text.trim();
  if (ink !== "") {
    // Items begin with a mark; what is drawn with bars and dashes is a table.
    const kind = /^(?:[-*+]|\d+[.)]|#\.)[ \t]/u.test(ink)
      ? "list"
      : /^[+|=]/u.test(ink)
        ? "table"
        : "paragraph";
    // The indentation of the first line belongs to the block.
    const lineStart = body.lastIndexOf("\n", from - 1) + 1;
    const first = body.slice(lineStart, from).trim() === "" ? Math.max(lineStart, start) : from;
    blocks.push({ kind, start: first, end: from + ink.length, level: 0, title: "" });
  }
}
