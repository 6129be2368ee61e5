let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** How far behind a cut a grapheme is looked for. */
const lookAhead = 64;

/**
 * The last place at or before `target` where text may be cut without parting a grapheme (Unicode
 * UAX 29); `start` is such a place. A grapheme longer than that is cut between code points.
 */
export function graphemeBoundary(text: string, start: number, target: number): number {
  if (target >= text.length) {
    return text.length;
  }
  if (isPlain(text.charCodeAt(target - 1)) && isPlain(text.charCodeAt(target))) {
    return target;
  }
  const segment = graphemes(text.slice(start, target + lookAhead)).containing(target - start);
  const boundary = start + (segment?.index ?? 0);
  if (boundary > start) {
    return boundary;
  }
  const inPair = isLowSurrogate(text.charCodeAt(target));
  return inPair ? (target - 1 > start ? target - 1 : target + 1) : target;
}

/** True when text may be cut before `at`, where the character before is white space. */
export function isBoundaryAfterSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x80) {
    return code !== 10 || text.charCodeAt(at - 1) !== 13;
  }
  return graphemes(text.slice(at - 1, at + 2)).containing(1)?.index === 1;
}

/** ASCII that is part of no longer grapheme: anything but a carriage return. */
function isPlain(code: number): boolean {
  return code < 0x80 && code !== 13;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
