import type { Block, BlockKind } from "../../reading/block.ts";
import type { LocatorUnit, TextLayer, TextUnit } from "../locator.ts";
import { Refusal } from "./refusal.ts";

/** UTF-16 code units that one file may give. */
const maxLength = 16 * 1024 * 1024;

/** Controls but tab and line feed: no document means them, and terminals act on them. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/gu;

/** Text as a layer carries it: well formed, line feeds alone end lines, no controls. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/gu, "\n").replace(controls, "").toWellFormed();
}

/** Collects the text of a file block by block, with the units that its places are named by. */
export class TextBuilder {
  readonly #parts: string[] = [];
  readonly #blocks: Block[] = [];
  readonly #units: TextUnit[] = [];
  readonly #layer: string;
  readonly #unit: LocatorUnit;
  #length = 0;
  #open: { start: number; first: number; last: number; member?: string } | undefined;
  #forced = false;

  constructor(layer: string, unit: LocatorUnit) {
    this.#layer = layer;
    this.#unit = unit;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /**
   * Starts a unit; the one before ends.
   * @param forced True when no chunk may be in both.
   */
  unit(first: number, options: { last?: number; member?: string; forced?: boolean } = {}): void {
    this.#close();
    const { last = first, member, forced = false } = options;
    this.#open = { start: -1, first, last, ...(member === undefined ? {} : { member }) };
    this.#forced ||= forced;
  }

  /** Adds a block; blank ones are left out. */
  add(kind: BlockKind, raw: string, heading: { level: number; title: string } = noHeading): void {
    const text = cleanText(raw)
      .replace(/^(?:[ \t]*\n)+/u, "")
      .trimEnd();
    if (text.trim() === "") {
      return;
    }
    const isTight = isRowLike(kind) && this.#blocks.at(-1)?.kind === kind;
    const gap = this.#length === 0 ? "" : isTight ? "\n" : "\n\n";
    const start = this.#length + gap.length;
    const end = start + text.length;
    if (end > maxLength) {
      throw new Refusal(
        "DOCUMENT_EXTRACTION_SIZE",
        `expected at most ${maxLength} characters of text, got more`,
      );
    }
    this.#parts.push(gap, text);
    this.#length = end;
    const forced = this.#forced && this.#blocks.length > 0 ? { forced: true } : {};
    this.#forced = false;
    this.#blocks.push({ kind, start, end, ...heading, ...forced });
    if (this.#open !== undefined && this.#open.start === -1) {
      this.#open.start = start;
    }
  }

  heading(level: number, raw: string): void {
    const title = cleanText(raw).replace(/\s+/gu, " ").trim();
    this.add("heading", title, { level: Math.min(Math.max(level, 1), 6), title: clip(title) });
  }

  finish(): { text: string; layer: TextLayer; blocks: readonly Block[] } {
    this.#close();
    const text = this.#parts.join("");
    return {
      text,
      layer: { layer: this.#layer, unit: this.#unit, units: this.#units },
      blocks: this.#blocks,
    };
  }

  #close(): void {
    const open = this.#open;
    if (open !== undefined && open.start !== -1) {
      const { start, first, last, member } = open;
      const named = member === undefined ? {} : { member };
      this.#units.push({ start, end: this.#length, first, last, ...named });
    }
    this.#open = undefined;
  }
}

const noHeading: { readonly level: number; readonly title: string } = { level: 0, title: "" };

/** Items and rows follow each other without a blank line. */
function isRowLike(kind: BlockKind): boolean {
  return kind === "list" || kind === "table";
}

function clip(title: string): string {
  return title.length <= 300 ? title : `${title.slice(0, 299).toWellFormed()}…`;
}
