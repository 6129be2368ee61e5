import type { Locator } from "@clawkeep/documents";
import { locatorFragment } from "@clawkeep/documents";
import type { ChunkRow } from "@clawkeep/segment";

import { parseLocator } from "../citation/parse-locator.ts";
import type { Citation, Hit, HitExplanation, Neighbour } from "./answer.ts";
import type { PassageText } from "./passage-text.ts";
import { quoteForModel, quoteLine } from "./quote-for-model.ts";

/** A passage that was chosen. */
export interface Passage {
  readonly row: ChunkRow;
  readonly text: PassageText;
  readonly score: number;
  /** The index it is in, when several are asked. */
  readonly collection?: string;
}

/** A passage as it is shown: quoted, with its citation. */
export function hitOf(
  { row, text, score, collection }: Passage,
  context: Hit["context"] | undefined,
  explain: HitExplanation | undefined,
): Hit {
  const locator = parseLocator(row.locator);
  const place =
    locator === undefined
      ? `${row.path}:${row.lineStart}-${row.lineEnd}`
      : `${row.path}#${locatorFragment(locator)}`;
  return {
    text: text.quoted,
    score,
    source: quoteLine(collection === undefined ? place : `[${collection}] ${place}`),
    citation: citationOf(row, collection),
    ...(context === undefined ? {} : { context }),
    ...(explain === undefined ? {} : { explain }),
  };
}

/** Where a passage stands, as everything that shows one cites it. */
export function citationOf(row: ChunkRow, collection?: string): Citation {
  const locator = parseLocator(row.locator);
  return {
    ...(collection === undefined ? {} : { collection: quoteLine(collection) }),
    path: row.path,
    headings: row.headings.map(quoteLine),
    lineStart: row.lineStart,
    lineEnd: row.lineEnd,
    byteStart: row.byteStart,
    byteEnd: row.byteEnd,
    chunkDigest: row.digest,
    documentDigest: row.documentDigest,
    ...(locator === undefined ? {} : { locator: quoteLocator(locator) }),
  };
}

/** A passage beside a hit as it is shown. */
export function neighbourOf(row: ChunkRow): Neighbour {
  return { text: quoteForModel(row.text()), lineStart: row.lineStart, lineEnd: row.lineEnd };
}

/** The name of a member is whatever the archive says. */
function quoteLocator(locator: Locator): Locator {
  const { member } = locator;
  return member === undefined ? locator : { ...locator, member: quoteLine(member) };
}
