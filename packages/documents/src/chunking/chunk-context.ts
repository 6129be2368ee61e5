import type { Atom } from "./atom.ts";

/** What is put in front of a chunk, and its tokens with the line end behind it. */
interface ChunkContext {
  readonly text: string;
  readonly tokens: number;
}

/** Gives the context of a chunk that starts with an atom; `first` when the document starts there too. */
export type ContextOf = (atom: Atom, first: boolean) => ChunkContext;

const separator = " > ";

/**
 * Title and trail in front of a chunk: those headings that hold where it starts, except the one that it
 * starts with. The summary stands in front of the first chunk only: in front of all of them it would
 * make the chunks of a document alike.
 */
export function contextOf(
  document: { readonly title: string; readonly summary?: string },
  countTokens: (text: string) => number,
  maxTokens: number,
): ContextOf {
  const measured = new Map<string, number>();
  const count = (text: string): number => {
    const known = measured.get(text) ?? countTokens(text);
    measured.set(text, known);
    return known;
  };
  const fit = (parts: readonly string[]): ChunkContext => fitContext(parts, count, maxTokens);
  const known = new Map<readonly string[], ChunkContext>();
  return (atom, first) => {
    const above = atom.heading ? atom.trail.slice(0, -1) : atom.trail;
    const isTitle = (heading: string | undefined): boolean =>
      heading?.toLowerCase() === document.title.toLowerCase();
    const isShown = atom.heading && isTitle(atom.trail.at(-1));
    const isNamed = document.title === "" || isTitle(above[0]) || isShown;
    const parts = isNamed ? above : [document.title, ...above];
    if (first) {
      return withSummary(fit(parts), document.summary, countTokens, maxTokens);
    }
    if (atom.heading) {
      return fit(parts);
    }
    const context = known.get(atom.trail) ?? fit(parts);
    known.set(atom.trail, context);
    return context;
  };
}

/** Leaves out the middle of a trail, outermost first, until the rest fits. */
function fitContext(
  parts: readonly string[],
  count: (text: string) => number,
  maxTokens: number,
): ChunkContext {
  const kept = [...parts];
  for (;;) {
    const tokens =
      kept.reduce((sum, part) => sum + count(part), 0) +
      Math.max(0, kept.length - 1) * count(separator);
    if (tokens <= maxTokens) {
      return { text: kept.join(separator), tokens };
    }
    if (kept.length <= 1) {
      return clip(kept[0] ?? "", count, maxTokens);
    }
    kept.splice(kept.length > 2 ? 1 : 0, 1);
  }
}

function withSummary(
  context: ChunkContext,
  summary: string | undefined,
  count: (text: string) => number,
  maxTokens: number,
): ChunkContext {
  if (summary === undefined) {
    return context;
  }
  const clipped = clip(summary, count, maxTokens - context.tokens);
  if (clipped.text === "") {
    return context;
  }
  const text = context.text === "" ? clipped.text : `${context.text}\n${clipped.text}`;
  return { text, tokens: context.tokens + clipped.tokens };
}

/** The first words of a text that fit. */
function clip(text: string, count: (text: string) => number, maxTokens: number): ChunkContext {
  const words = text.split(" ");
  for (let size = words.length; size > 0; size = Math.floor(size * 0.75)) {
    const part = words.slice(0, size).join(" ");
    const tokens = count(part);
    if (tokens <= maxTokens) {
      return { text: part, tokens };
    }
  }
  return { text: "", tokens: 0 };
}
