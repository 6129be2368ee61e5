import type { Budget, Hit } from "./answer.ts";

/** How much text an answer may have. */
export interface TextBudget {
  readonly unit: Budget["unit"];
  /** Most bytes or tokens of all passages and their neighbours together. */
  readonly limit: number;
  /** Size of a text in this unit; more text is never smaller. */
  readonly count: (text: string) => number;
}

/**
 * The first hits whose texts fit, in order, and then their neighbours as far as there is room. The
 * first passage is cut after a line or a word if it must be, and says so; its citation still names the
 * whole passage. Behind a passage that does not fit none is taken, so that a larger budget only ever
 * adds passages to an answer.
 */
export function fitBudget(
  hits: readonly Hit[],
  { unit, limit, count }: TextBudget,
): { readonly results: readonly Hit[]; readonly budget: Budget } {
  const results: Hit[] = [];
  let used = 0;
  for (const hit of hits) {
    const fits = used + count(hit.text) <= limit;
    const form = fits
      ? withoutContext(hit)
      : results.length === 0
        ? shorten(hit, limit, count)
        : undefined;
    if (form === undefined) {
      break;
    }
    results.push(form);
    used += count(form.text);
    if (!fits) {
      break;
    }
  }
  results.forEach((result, index) => {
    const context = hits[index]?.context;
    const size = [...(context?.before ?? []), ...(context?.after ?? [])].reduce(
      (sum, neighbour) => sum + count(neighbour.text),
      0,
    );
    if (context !== undefined && result.shortened === undefined && used + size <= limit) {
      results[index] = { ...result, context };
      used += size;
    }
  });
  return { results, budget: { unit, limit, used, leftOut: hits.length - results.length } };
}

function withoutContext(hit: Hit): Hit {
  const { context, ...rest } = hit;
  return context === undefined ? hit : rest;
}

/** The passage up to the last line, or word, that fits; undefined when not even one word does. */
function shorten(hit: Hit, limit: number, count: (text: string) => number): Hit | undefined {
  for (const ends of [/\n/gu, /\s/gu]) {
    const places = [...hit.text.matchAll(ends)].map(({ index }) => index);
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (count(hit.text.slice(0, places[middle - 1])) <= limit) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const text = hit.text.slice(0, low === 0 ? 0 : places[low - 1]).trimEnd();
    if (text !== "") {
      return { ...withoutContext(hit), text, shortened: true };
    }
  }
  return undefined;
}
