import { analyse, termsOf } from "./analyse.ts";

/** What an ASCII unit is in a word: nothing, a small letter, a capital, a digit or `_`. */
const kinds: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  return /[a-z]/u.test(character)
    ? 1
    : /[A-Z]/u.test(character)
      ? 2
      : /\w/u.test(character)
        ? 3
        : 0;
});

/**
 * Finds which of some terms a text has: each once, in the order in which the text has them. The same as `analyse` and
 * leaving out the others, without stemming every word: a word of letters alone has one term, with its first letter.
 */
export function termFinder(wanted: Iterable<string>): (text: string) => readonly string[] {
  const terms = new Set(wanted);
  const initials = new Uint8Array(128);
  for (const term of terms) {
    const unit = term.charCodeAt(0);
    if (unit < 128) {
      initials[unit] = 1;
    }
  }
  const add = (found: string[], among: readonly string[]): void => {
    for (const term of among) {
      if (terms.has(term) && !found.includes(term)) {
        found.push(term);
      }
    }
  };
  return (text) => {
    const found: string[] = [];
    let at = 0;
    while (at < text.length) {
      const start = at;
      const first = text.charCodeAt(at);
      // Letters alone, small ones but for the first.
      let isPlain = true;
      for (; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        if (unit >= 128) {
          const all: string[] = [];
          add(all, analyse(text));
          return all;
        }
        const kind = kinds[unit] ?? 0;
        if (kind === 0) {
          break;
        }
        isPlain &&= kind === 1 || (kind === 2 && at === start);
      }
      if (at === start) {
        at += 1;
      } else if (!isPlain || initials[first | 32] === 1) {
        add(found, termsOf(text.slice(start, at)));
      }
    }
    return found;
  };
}
