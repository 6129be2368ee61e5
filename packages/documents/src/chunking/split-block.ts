import { isBlank } from "../reading/blank.ts";
import type { Block } from "../reading/block.ts";
import type { AtomLimits } from "./atom.ts";
import { graphemeBoundary, isBoundaryAfterSpace } from "./text-boundary.ts";

/** A part of a block that is small enough. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly breakCost: number;
  readonly forced: boolean;
}

/** One way to cut: the starts of the parts of a range, its own start first, and what a break costs. */
type Cutter = (text: string, start: number, end: number) => readonly Cut[];

interface Cut {
  readonly at: number;
  readonly breakCost: number;
}

const sentenceCost = 0.6;
const itemCost = 0.35;
const wordCost = 1;

/** Cuts a block that is too large: at its items, lines or sentences, then at words, then anywhere. */
export function splitBlock(text: string, block: Block, limits: AtomLimits): readonly Piece[] {
  const pieces: Piece[] = [];
  cut(text, block.start, block.end, cuttersOf(block), limits, pieces);
  return pieces;
}

function cuttersOf(block: Block): readonly Cutter[] {
  switch (block.kind) {
    case "list":
      return [cutItems, cutSentences, cutLines];
    case "code":
    case "table":
      return [cutLines];
    default:
      return [cutSentences, cutLines];
  }
}

function cut(
  text: string,
  start: number,
  end: number,
  cutters: readonly Cutter[],
  limits: AtomLimits,
  pieces: Piece[],
): void {
  const [cutter, ...finer] = cutters;
  if (cutter === undefined) {
    cutWords(text, start, end, limits, pieces);
    return;
  }
  const cuts = cutter(text, start, end);
  for (const [index, { at, breakCost }] of cuts.entries()) {
    const stop = trimEnd(text, at, cuts[index + 1]?.at ?? end);
    if (stop === at) {
      continue;
    }
    const tokens =
      stop - at <= limits.maxLength ? limits.countTokens(text.slice(at, stop)) : Infinity;
    if (tokens <= limits.maxTokens) {
      pieces.push({ start: at, end: stop, tokens, breakCost, forced: false });
    } else {
      cut(text, at, stop, finer, limits, pieces);
    }
  }
}

function cutItems(text: string, start: number, end: number): readonly Cut[] {
  const cuts: Cut[] = [{ at: start, breakCost: itemCost }];
  for (const match of text.slice(start, end).matchAll(/^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]/gmu)) {
    if (match.index > 0) {
      // An outer item is a better place than one inside another item.
      const nested = Math.min(4, (match[1] ?? "").length / 2) * 0.05;
      cuts.push({ at: start + match.index, breakCost: itemCost + nested });
    }
  }
  return cuts;
}

function cutSentences(text: string, start: number, end: number): readonly Cut[] {
  const cuts: Cut[] = [{ at: start, breakCost: sentenceCost }];
  const bounds = /[.!?…]["'”’»)\]*_`]{0,4}\s+(?=[^\s\p{Ll}])|[。！？]["'”’」』）]{0,4}\s*(?=\S)/gu;
  for (const match of text.slice(start, end).matchAll(bounds)) {
    const at = start + match.index + match[0].length;
    if (
      /\s$/u.test(match[0])
        ? isBoundaryAfterSpace(text, at)
        : graphemeBoundary(text, start, at) === at
    ) {
      cuts.push({ at, breakCost: sentenceCost });
    }
  }
  return cuts;
}

function cutLines(text: string, start: number, end: number): readonly Cut[] {
  const cuts: Cut[] = [];
  let afterBlank = false;
  for (let at = start; at < end;) {
    const newline = text.indexOf("\n", at);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    const line = text.slice(at, next);
    if (line.trim() === "") {
      afterBlank = true;
    } else {
      cuts.push({ at, breakCost: lineCost(line, afterBlank) });
      afterBlank = false;
    }
    at = next;
  }
  return cuts;
}

/** Code reads best when a chunk starts with a line at the margin behind a blank one. */
function lineCost(line: string, afterBlank: boolean): number {
  const atMargin = /^\S/u.test(line);
  const closes = /^\s*[)\]}>;,]|^\s*(?:end|else|elif|except|finally|fi|done|esac)\b/u.test(line);
  return (afterBlank ? 0.35 : 0.6) - (atMargin ? 0.15 : 0) + (closes ? 0.4 : 0);
}

/** Cuts a range without sentences or lines: at the last white space that fits, else between graphemes. */
function cutWords(
  text: string,
  start: number,
  end: number,
  limits: AtomLimits,
  pieces: Piece[],
): void {
  let forced = false;
  let length = limits.maxLength;
  for (let at = start; at < end;) {
    const piece = fittingPiece(text, at, end, length, limits);
    const stop = trimEnd(text, at, piece.end);
    if (stop > at) {
      pieces.push({ start: at, end: stop, tokens: piece.tokens, breakCost: wordCost, forced });
    }
    // Later pieces are much like this one: start from its length, with room to grow.
    length = Math.min(limits.maxLength, Math.max(16, (piece.end - at) * 2));
    at = skipSpace(text, piece.end, end);
    forced = stop === at;
  }
}

function fittingPiece(
  text: string,
  start: number,
  end: number,
  length: number,
  limits: AtomLimits,
): { readonly end: number; readonly tokens: number } {
  for (let size = length; ;) {
    const stop = start + size >= end ? end : boundaryBefore(text, start, start + size);
    const tokens = limits.countTokens(text.slice(start, stop));
    if (tokens <= limits.maxTokens || stop - start <= 2) {
      return { end: stop, tokens: Math.min(tokens, limits.maxTokens) };
    }
    size = Math.max(
      1,
      Math.floor((stop - start) * Math.min(0.9, (0.95 * limits.maxTokens) / tokens)),
    );
  }
}

/** A place to cut at or before `target`: behind white space if there is any in the last three quarters. */
function boundaryBefore(text: string, start: number, target: number): number {
  const least = start + Math.ceil((target - start) / 4);
  for (let at = target; at > least; at -= 1) {
    if (isBlank(text.charCodeAt(at - 1)) && isBoundaryAfterSpace(text, at)) {
      return at;
    }
  }
  return graphemeBoundary(text, start, target);
}

function trimEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at)) && isBoundaryAfterSpace(text, at + 1)) {
    at += 1;
  }
  return at;
}
