import type { ChunkRow } from "@clawkeep/segment";

import { quoteForModel } from "./quote-for-model.ts";
import type { Sentence } from "./split-sentences.ts";
import { splitSentences } from "./split-sentences.ts";

/** A passage's text and what answers make of it, each made when it is first asked for. */
export class PassageText {
  /** As it stands in the file, compared with its digest. */
  readonly text: string;
  #quoted: string | undefined;
  #sentences: readonly Sentence[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** As a model may read it. */
  get quoted(): string {
    return (this.#quoted ??= quoteForModel(this.text));
  }

  /** Its prose. */
  get sentences(): readonly Sentence[] {
    return (this.#sentences ??= splitSentences(this.text, { isSafe: this.quoted === this.text }));
  }
}

const kept: WeakMap<ChunkRow, PassageText> = new WeakMap();

/**
 * The text of a row, kept as long as the row is.
 *
 * @throws what `row.text()` throws
 */
export function passageText(row: ChunkRow): PassageText {
  const known = kept.get(row);
  if (known !== undefined) {
    return known;
  }
  const made = new PassageText(row.text());
  kept.set(row, made);
  return made;
}
