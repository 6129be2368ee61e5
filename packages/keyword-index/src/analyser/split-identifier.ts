/** A name is split by case and digits up to this length; what is longer is encoded data. */
const longestName = 80;

/** Most words; the Unicode classes below take a millisecond to compile. */
const plainWord: RegExp = /^[A-Z]?[a-z]+$/u;

/**
 * The parts of an identifier: split at `_`, at a change from lower to upper case, before the last
 * capital of a run that a lower-case letter follows (`HTTPServer`), and where letters meet digits.
 * A plain word gives itself.
 */
export function splitIdentifier(word: string): readonly string[] {
  if (plainWord.test(word)) {
    return [word];
  }
  const parts: string[] = [];
  for (const piece of word.split("_")) {
    if (piece === "") {
      continue;
    }
    if (/^(?:\p{Lu}?[^\p{Lu}\d]+|\d+)$/u.test(piece) || piece.length > longestName) {
      parts.push(piece);
    } else {
      parts.push(
        ...(piece.match(/\d+|\p{Lu}+(?![^\p{Lu}\d])|\p{Lu}?[^\p{Lu}\d]+|\p{Lu}+/gu) ?? []),
      );
    }
  }
  return parts;
}
