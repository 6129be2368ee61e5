import { CodedError } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";

import { foldDrawnLines } from "../chunk.ts";
import type { Chunk } from "../chunk.ts";
import type { Document } from "../document.ts";
import { documentBlocks } from "../reading/document-blocks.ts";
import type { Atom } from "./atom.ts";
import { contextOf } from "./chunk-context.ts";
import type { ContextOf } from "./chunk-context.ts";
import { cutAtoms } from "./cut-atoms.ts";
import { planChunks } from "./plan-chunks.ts";
import { locatorOf } from "./locate.ts";
import type { PlannedChunk } from "./plan-chunks.ts";

/** The embedding model's side of chunking. */
export interface ChunkBudget {
  /**
   * Tokens of a text, special tokens included or not: the count of the empty text is taken off. Must
   * be additive over texts joined by white space, as WordPiece is.
   */
  readonly countTokens: (text: string) => number;
  /** Most tokens of an embedded input, the model's two special tokens included. At least 32. */
  readonly maxTokens: number;
}

/**
 * Names the cutting rules; a change of any bound, or of what any extraction gives, changes it, so that an
 * index can tell.
 */
export const chunkerId: string = "structure-3";

const minTokens = 32;
/** `[CLS]` and `[SEP]`. */
const specialTokens = 2;
/** Part of the budget that a context may take. */
const contextShare = 0.25;
/** A token is about four characters of prose; text with far more a token is no prose. */
const maxLengthPerToken = 16;

/**
 * Cuts a document into chunks whose {@link embeddingInput} has at most `maxTokens` tokens. Each byte of
 * the body that is not white space is in exactly one chunk. A document that fits is one chunk. The same
 * bytes and budget give the same chunks, always.
 *
 * @throws CodedError DOCUMENT_BUDGET when `maxTokens` is below 32.
 */
export function chunkDocument(document: Document, budget: ChunkBudget): readonly Chunk[] {
  const { maxTokens } = budget;
  if (!Number.isSafeInteger(maxTokens) || maxTokens < minTokens) {
    throw new CodedError({
      code: "DOCUMENT_BUDGET",
      message: `expected a budget of at least ${minTokens} tokens, got ${maxTokens}`,
      hint: "Take the number of tokens that the embedding model reads.",
    });
  }
  const special = budget.countTokens("");
  const countTokens = (text: string): number => budget.countTokens(foldDrawnLines(text)) - special;
  const available = maxTokens - specialTokens;
  const maxContext = Math.floor(maxTokens * contextShare);
  const maxLength = maxTokens * maxLengthPerToken;

  const body = bufferOf(document).toString("utf8", document.bodyStart);
  const atoms = cutAtoms(body, document.blocks ?? documentBlocks(document, body), {
    countTokens,
    maxTokens: available - maxContext,
    maxLength,
  });
  const context = contextOf(document, countTokens, maxContext);
  const plan = planDocument(atoms, context, available, maxLength);
  return cutChunks(document, body, atoms, plan, context);
}

function planDocument(
  atoms: readonly Atom[],
  context: ContextOf,
  available: number,
  maxLength: number,
): readonly PlannedChunk[] {
  const budgetAt = (index: number): number => {
    const atom = atoms[index];
    return atom === undefined ? 0 : available - context(atom, index === 0).tokens;
  };
  const total = atoms.reduce((sum, atom) => sum + atom.tokens, 0);
  const length = (atoms.at(-1)?.end ?? 0) - (atoms[0]?.start ?? 0);
  const isWhole =
    total <= budgetAt(0) && length <= maxLength && !atoms.some(({ forced }) => forced);
  return isWhole && atoms.length > 0
    ? [{ from: 0, to: atoms.length }]
    : planChunks(atoms, { budgetAt, maxTokens: available, maxLength });
}

function cutChunks(
  document: Document,
  body: string,
  atoms: readonly Atom[],
  plan: readonly PlannedChunk[],
  context: ContextOf,
): readonly Chunk[] {
  const bytes = bufferOf(document);
  const place = new Cursor(bytes, body, document.bodyStart);
  const locate = document.layer === undefined ? undefined : locatorOf(document.layer, body);
  const chunks: Chunk[] = [];
  for (const { from, to } of plan) {
    const first = atoms[from];
    const last = atoms[to - 1];
    if (first === undefined || last === undefined) {
      break;
    }
    const start = place.moveTo(first.start);
    const stop = first.start + body.slice(first.start, last.end).trimEnd().length;
    const end = place.moveTo(stop);
    const locator = locate?.(first.start, stop);
    chunks.push({
      ordinal: chunks.length,
      text: bytes.toString("utf8", start.byte, end.byte),
      byteStart: start.byte,
      byteEnd: end.byte,
      lineStart: start.line,
      lineEnd: end.line,
      headings: commonTrail(atoms, from, to),
      title: document.title,
      context: context(first, from === 0).text,
      digest: digestBytes(bytes.subarray(start.byte, end.byte)),
      ...(locator === undefined ? {} : { locator }),
    });
  }
  return chunks;
}

/** The headings that all sections of a chunk share, or those of its first section when there are none. */
function commonTrail(atoms: readonly Atom[], from: number, to: number): readonly string[] {
  let common: readonly string[] | undefined;
  let first: readonly string[] | undefined;
  for (let index = from; index < to; index += 1) {
    const trail = atoms[index]?.trail ?? [];
    if (trail.length > 0 && trail !== first) {
      first ??= trail;
      common = common === undefined ? trail : sharedStart(common, trail);
    }
  }
  return common === undefined || common.length === 0 ? (first ?? []) : common;
}

function sharedStart(a: readonly string[], b: readonly string[]): readonly string[] {
  const differs = a.findIndex((title, index) => title !== b[index]);
  return differs === -1 ? a : a.slice(0, differs);
}

/** Turns growing positions in a body into bytes and lines of the file in one pass over it. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #body: string;
  #at = 0;
  #byte: number;
  #line = 1;

  constructor(bytes: Buffer, body: string, bodyStart: number) {
    this.#bytes = bytes;
    this.#body = body;
    this.#byte = 0;
    this.#skipTo(bodyStart);
  }

  moveTo(at: number): { readonly byte: number; readonly line: number } {
    this.#skipTo(this.#byte + Buffer.byteLength(this.#body.slice(this.#at, at)));
    this.#at = at;
    return { byte: this.#byte, line: this.#line };
  }

  #skipTo(byte: number): void {
    for (
      let newline = this.#bytes.indexOf(10, this.#byte);
      newline !== -1 && newline < byte;
      newline = this.#bytes.indexOf(10, newline + 1)
    ) {
      this.#line += 1;
    }
    this.#byte = byte;
  }
}

function bufferOf({ bytes }: Document): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
