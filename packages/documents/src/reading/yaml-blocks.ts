import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";

/** A mapping that is shorter stays whole, in UTF-16 code units. */
const wholeLength = 600;
const maxDepth = 6;

interface Line {
  readonly start: number;
  /** Behind the last character that is no white space; `start` for a blank line. */
  readonly end: number;
  readonly indent: number;
  readonly text: string;
}

/** Cuts YAML at the keys and items of its margin, and a long one of them at those inside it. */
export function yamlBlocks(body: string): readonly Block[] {
  const blocks: Block[] = [];
  emit(linesOf(body), [], 0, blocks);
  return blocks;
}

function emit(
  lines: readonly Line[],
  trail: readonly string[],
  depth: number,
  blocks: Block[],
): void {
  const first = lines.find(({ end, start }) => end > start);
  const last = lines.findLast(({ end, start }) => end > start);
  if (first === undefined || last === undefined) {
    return;
  }
  const starts = depth < maxDepth ? startsOf(lines) : [];
  if (starts.length < 2 || (depth > 0 && last.end - first.start <= wholeLength)) {
    if (starts.length === 1 && depth < maxDepth && last.end - first.start > wholeLength) {
      const inner = lines.slice((starts[0] ?? 0) + 1);
      const head = lines.slice(0, (starts[0] ?? 0) + 1);
      push(head, trail, blocks);
      emit(inner, withKey(trail, lines[starts[0] ?? 0]), depth + 1, blocks);
      return;
    }
    push(lines, trail, blocks);
    return;
  }
  for (const [index, at] of starts.entries()) {
    const from = index === 0 ? 0 : at;
    const part = lines.slice(from, starts[index + 1] ?? lines.length);
    const length = (part.at(-1)?.end ?? 0) - (part[0]?.start ?? 0);
    if (length > wholeLength) {
      emit(part, trail, depth + 1, blocks);
    } else {
      push(part, trail, blocks);
    }
  }
}

/** Indexes of the lines that begin a key or an item at the smallest indentation; comments go with them. */
function startsOf(lines: readonly Line[]): readonly number[] {
  const inked = lines.filter(({ text }) => text !== "" && !text.startsWith("#"));
  const margin = inked.reduce((least, { indent }) => Math.min(least, indent), Infinity);
  const starts: number[] = [];
  for (const [index, { indent, text }] of lines.entries()) {
    if (indent === margin && (/^- |^-$|^---/u.test(text) || keyOf(text) !== undefined)) {
      let at = index;
      while (at > 0 && lines[at - 1]?.text.startsWith("#") === true) {
        at -= 1;
      }
      starts.push(Math.max(at, (starts.at(-1) ?? -1) + 1));
    }
  }
  return starts;
}

function push(lines: readonly Line[], trail: readonly string[], blocks: Block[]): void {
  const first = lines.find(({ end, start }) => end > start);
  const last = lines.findLast(({ end, start }) => end > start);
  if (first !== undefined && last !== undefined) {
    blocks.push({ kind: "code", start: first.start, end: last.end, level: 0, title: "", trail });
  }
}

function withKey(trail: readonly string[], line: Line | undefined): readonly string[] {
  const key = oneLine(keyOf(line?.text ?? "") ?? "");
  return key === "" ? trail : [...trail, key];
}

function keyOf(text: string): string | undefined {
  return /^(?:- )?["']?([^\s"'#:[{][^"'#:]{0,200}?)["']?\s*:(?:\s|$)/u.exec(text)?.[1];
}

function linesOf(body: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf("\n", start);
    const stop = newline === -1 ? body.length : newline;
    const raw = body.slice(start, stop).trimEnd();
    const text = raw.trimStart();
    const indent = raw.length - text.length;
    lines.push({ start, end: start + raw.length, indent, text: text.slice(0, 400) });
    start = stop + 1;
  }
  return lines;
}
