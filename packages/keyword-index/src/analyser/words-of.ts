/** Scripts that are written without spaces between words. */
const unspaced: string =
  "[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}]";
const asciiWord: RegExp = /\w+/gu;
/** Compiled on the first text that needs it: the Unicode classes cost more than a query's analysis. */
let anyWord: RegExp | undefined;

/**
 * The words of a text as written (case kept). Text outside ASCII is folded first: compatibility
 * forms (full width, ligatures) to plain ones, combining accents (U+0300 to U+036F) dropped; marks
 * of other scripts, which are letters there, stay. Unspaced scripts give pairs of characters, or the
 * character where it stands alone.
 */
export function wordsOf(text: string): readonly string[] {
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  if (/^[\u0000-\u007f]*$/u.test(text)) {
    return text.match(asciiWord) ?? [];
  }
  anyWord ??= new RegExp(`${unspaced}+|[[\\p{L}\\p{M}\\p{N}_]--${unspaced}]+`, "gv");
  const folded = text
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/gu, "")
    .normalize("NFC");
  const words: string[] = [];
  for (const word of folded.match(anyWord) ?? []) {
    if (isUnspaced(word)) {
      words.push(...pairsOf(word));
    } else {
      words.push(word);
    }
  }
  return words;
}

let unspacedStart: RegExp | undefined;

function isUnspaced(word: string): boolean {
  unspacedStart ??= new RegExp(`^${unspaced}`, "u");
  return (word.codePointAt(0) ?? 0) >= 0x0e00 && unspacedStart.test(word);
}

function pairsOf(run: string): readonly string[] {
  const characters = Array.from(run);
  if (characters.length === 1) {
    return characters;
  }
  return characters.slice(1).map((character, index) => `${characters[index] ?? ""}${character}`);
}
