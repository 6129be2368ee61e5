import { isBlank } from "./blank.ts";
import type { Block, BlockKind } from "./block.ts";
import { headingTitle } from "./heading-title.ts";

/** Scan of a Markdown body in progress. */
interface Scan {
  readonly text: string;
  readonly blocks: Block[];
  open: { kind: BlockKind; start: number; end: number; lines: number } | undefined;
  /** The fence that has to be closed before anything else is seen. */
  fence: { readonly mark: string; readonly length: number } | undefined;
  /** What ends the HTML block or comment that the scan is inside. */
  terminator: string | undefined;
  /** True below a list item: deeper lines belong to it and are not indented code. */
  inList: boolean;
  afterBlank: boolean;
}

const atxMarks = /^ {0,3}(#{1,6})(?=[ \t]|$)/u;
const setextLine = /^ {0,3}(=+|-+)[ \t]*$/u;
const fenceLine = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^]*)$/u;
const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/u;
const htmlOpening = /^ {0,3}<(?:(!--)|(pre|script|style|textarea)(?=[\s>]|$))/iu;

/** Lines that are longer are data: their start alone decides what they are. */
const longLine = 2000;
const maxSetextLines = 3;

/**
 * Cuts a Markdown body into blocks by its lines. It knows what a `#` line depends on (fences,
 * comments, HTML blocks, indented code) as CommonMark 0.31 has it, and nothing about inline markup.
 */
export function markdownBlocks(text: string): readonly Block[] {
  const scan: Scan = {
    text,
    blocks: [],
    open: undefined,
    fence: undefined,
    terminator: undefined,
    inList: false,
    afterBlank: true,
  };
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const next = newline === -1 ? text.length : newline + 1;
    let end = newline === -1 ? text.length : newline;
    if (end > start && text.charCodeAt(end - 1) === 13) {
      end -= 1;
    }
    scanLine(scan, start, end);
    start = next;
  }
  close(scan);
  return scan.blocks;
}

function scanLine(scan: Scan, start: number, end: number): void {
  const first = firstInk(scan.text, start, end);
  if (scan.fence !== undefined || scan.terminator !== undefined) {
    if (first !== end) {
      continueRaw(scan, start, end, first);
    }
    return;
  }
  if (first === end) {
    close(scan);
    scan.afterBlank = true;
    return;
  }
  const indent = indentOf(scan.text, start, first);
  const isItem = mayStartItem(scan.text.charCodeAt(first)) && listItem.test(head(scan, start, end));
  if (scan.afterBlank && indent === 0 && !isItem) {
    scan.inList = false;
  }
  const special =
    openFence(scan, start, end, first, indent) ||
    openHtml(scan, start, end, first, indent) ||
    readHeading(scan, start, end, first, indent);
  if (!special) {
    addLine(scan, lineKind(scan, first, indent, isItem), start, end);
  }
  scan.inList ||= isItem;
  scan.afterBlank = false;
}

/** Inside a fence or an HTML block only its end means something. */
function continueRaw(scan: Scan, start: number, end: number, first: number): void {
  extend(scan, end);
  const { fence, terminator, text } = scan;
  if (fence !== undefined && text.startsWith(fence.mark.repeat(fence.length), first)) {
    const rest = text.slice(first, end).trimEnd();
    if (rest === fence.mark.repeat(rest.length)) {
      scan.fence = undefined;
      close(scan);
    }
  } else if (terminator !== undefined && includes(text, terminator, start, end)) {
    scan.terminator = undefined;
    close(scan);
  }
}

function openFence(scan: Scan, start: number, end: number, first: number, indent: number): boolean {
  const { text } = scan;
  const code = text.charCodeAt(first);
  if (code !== 96 && code !== 126 && !mayStartItem(code)) {
    return false;
  }
  if (indent > 3 && !scan.inList) {
    return false;
  }
  const match = fenceLine.exec(head(scan, start, end));
  const [, marks = "", info = ""] = match ?? [];
  if (match === null || (marks.startsWith("`") && info.includes("`"))) {
    return false;
  }
  close(scan);
  add(scan, "code", start, end);
  scan.fence = { mark: marks.charAt(0), length: marks.length };
  return true;
}

function openHtml(scan: Scan, start: number, end: number, first: number, indent: number): boolean {
  if (scan.text.charCodeAt(first) !== 60 || indent > 3) {
    return false;
  }
  const match = htmlOpening.exec(head(scan, start, end));
  if (match === null) {
    return false;
  }
  const terminator = match[1] === undefined ? `</${match[2]?.toLowerCase() ?? ""}>` : "-->";
  close(scan);
  add(scan, "html", start, end);
  if (includes(scan.text, terminator, start + match[0].length, end)) {
    close(scan);
  } else {
    scan.terminator = terminator;
  }
  return true;
}

function readHeading(
  scan: Scan,
  start: number,
  end: number,
  first: number,
  indent: number,
): boolean {
  const code = scan.text.charCodeAt(first);
  if (indent > 3 || end - start > longLine) {
    return false;
  }
  if (code === 35) {
    const match = atxMarks.exec(scan.text.slice(start, end));
    if (match !== null) {
      close(scan);
      const level = match[1]?.length ?? 1;
      const markdown = scan.text.slice(start + match[0].length, end);
      push(scan, { kind: "heading", start, end }, level, withoutClosingMarks(markdown));
      return true;
    }
  }
  const { open } = scan;
  if ((code === 61 || code === 45) && open?.kind === "paragraph" && open.lines <= maxSetextLines) {
    const match = setextLine.exec(scan.text.slice(start, end));
    if (match !== null) {
      scan.open = undefined;
      const markdown = scan.text.slice(open.start, open.end);
      push(scan, { kind: "heading", start: open.start, end }, code === 61 ? 1 : 2, markdown);
      return true;
    }
  }
  return false;
}

/** Takes `##` off the end of an ATX heading, where white space or nothing stands in front of it. */
function withoutClosingMarks(markdown: string): string {
  const text = markdown.trim();
  let end = text.length;
  while (text.charCodeAt(end - 1) === 35) {
    end -= 1;
  }
  return end === 0 || isBlank(text.charCodeAt(end - 1)) ? text.slice(0, end) : text;
}

function lineKind(scan: Scan, first: number, indent: number, isItem: boolean): BlockKind {
  if (isItem) {
    return "list";
  }
  if (scan.text.charCodeAt(first) === 124) {
    return "table";
  }
  const open = scan.open?.kind;
  if (open === "paragraph" || open === "list" || (open === "code" && indent > 3)) {
    return open;
  }
  return open === undefined && indent > 3 && !scan.inList ? "code" : "paragraph";
}

function addLine(scan: Scan, kind: BlockKind, start: number, end: number): void {
  if (scan.open?.kind === kind) {
    extend(scan, end);
  } else {
    close(scan);
    add(scan, kind, start, end);
  }
}

function add(scan: Scan, kind: BlockKind, start: number, end: number): void {
  scan.open = { kind, start, end, lines: 1 };
}

function extend(scan: Scan, end: number): void {
  if (scan.open !== undefined) {
    scan.open.end = end;
    scan.open.lines += 1;
  }
}

function close(scan: Scan): void {
  if (scan.open !== undefined) {
    push(scan, scan.open, 0, "");
    scan.open = undefined;
  }
}

function push(
  scan: Scan,
  range: Pick<Block, "kind" | "start" | "end">,
  level: number,
  markdown: string,
): void {
  const { kind, start, end } = range;
  scan.blocks.push({ kind, start, end, level, title: level === 0 ? "" : headingTitle(markdown) });
}

function head(scan: Scan, start: number, end: number): string {
  return scan.text.slice(start, Math.min(end, start + longLine));
}

function includes(text: string, part: string, start: number, end: number): boolean {
  return text.slice(start, end).toLowerCase().includes(part);
}

/** Index of the first character that is not a space, tab or other ASCII white space. */
function firstInk(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) {
    at += 1;
  }
  return at;
}

function indentOf(text: string, start: number, first: number): number {
  let columns = 0;
  for (let at = start; at < first; at += 1) {
    columns += text.charCodeAt(at) === 9 ? 4 - (columns % 4) : 1;
  }
  return columns;
}

/** `*`, `+`, `-` or a digit. */
function mayStartItem(code: number): boolean {
  return code === 42 || code === 43 || code === 45 || (code >= 48 && code <= 57);
}
