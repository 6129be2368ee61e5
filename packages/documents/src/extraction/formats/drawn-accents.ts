/** Letters that lose their dot under an accent, and the letters that they stand for. */
const dotted: Readonly<Record<string, string>> = { ı: "i", ȷ: "j" };

/** Accents with a place of their own, and the marks that stand on a letter. */
const marks: Readonly<Record<string, string>> = {
  "\u00A8": "\u0308",
  "\u00AF": "\u0304",
  "\u00B4": "\u0301",
  "\u02C6": "\u0302",
  "\u02C7": "\u030C",
  "\u02D8": "\u0306",
  "\u02D9": "\u0307",
  "\u02DC": "\u0303",
  "\u02DD": "\u030B",
};

/**
 * A space and a combining mark (U+0300 to U+036F), or an accent with a place of its own, and the letter
 * behind it. Only a letter without its dot tells that U+00B4 is no apostrophe, and that others are no signs.
 */
const drawnAccent =
  / ([\u0300-\u036F])(\p{L})|([\u00AF\u00B4\u02D9\u02DC])([ıȷ])|([\u00A8\u02C6\u02C7\u02D8\u02DD])(\p{L})/gu;

/**
 * Puts accents on the letters that they are drawn over. TeX draws an accent by itself, before its letter:
 * `na ̈ıve` or `na¨ıve` reads `naïve`. An accent that makes no letter with what follows stays as it is.
 */
export function joinDrawnAccents(text: string): string {
  return text.replace(drawnAccent, (drawn: string, ...parts: readonly unknown[]) => {
    const [accent = "", letter = ""] = parts.slice(0, 6).filter((part) => typeof part === "string");
    const joined = `${dotted[letter] ?? letter}${marks[accent] ?? accent}`.normalize("NFC");
    return /^.$/u.test(joined) ? joined : drawn;
  });
}
