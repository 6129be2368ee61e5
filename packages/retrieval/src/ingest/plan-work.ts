import { embeddingInput } from "@clawkeep/documents";

import type { CatalogWork } from "../catalog/catalog-document.ts";

/** Texts that are embedded in one call, as many tokens as the others, longest first. */
export type WorkUnit = readonly CatalogWork[];

/** About an eighth of a second on one session: short enough to stop soon, long enough to share out. */
const tokensPerUnit = 1024;
const textsPerUnit = 64;
const textsPerWindow = 256;

/** Where work comes from: the catalog's texts without a vector, longest first. */
export interface WorkSource {
  work(after: CatalogWork | undefined, limit: number): readonly CatalogWork[];
}

/**
 * Cuts the work into units by tokens. Longest first, so that at the end the sessions finish with short
 * texts, at about the same time. A window of texts is in memory, never all of them.
 */
export function* planWork(source: WorkSource): Generator<WorkUnit, void, undefined> {
  let unit: CatalogWork[] = [];
  let tokens = 0;
  let after: CatalogWork | undefined;
  for (;;) {
    const window = source.work(after, textsPerWindow);
    if (window.length === 0) {
      break;
    }
    for (const text of window) {
      if (
        unit.length > 0 &&
        (tokens + text.tokens > tokensPerUnit || unit.length === textsPerUnit)
      ) {
        yield unit;
        [unit, tokens] = [[], 0];
      }
      unit.push(text);
      tokens += text.tokens;
    }
    after = window.at(-1);
  }
  if (unit.length > 0) {
    yield unit;
  }
}

/** What of a unit goes to the model. */
export function textsOf(unit: WorkUnit): readonly string[] {
  return unit.map((work) => embeddingInput(work));
}
