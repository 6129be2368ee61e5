import { wordsOf } from "@clawkeep/keyword-index";

/** Between two words of {@link wordLine}: no word holds it. */
const gap = " ";

/** The words of a text in lower case, accents folded, each with a gap on both sides. */
export function wordLine(text: string): string {
  return `${gap}${wordsOf(text).join(gap).toLowerCase()}${gap}`;
}

/** Whether the words of the phrase stand in the text next to each other. */
export function holdsPhrase(text: string, phrase: string): boolean {
  return wordLine(text).includes(wordLine(phrase));
}

const nameUnit = /[\p{L}\p{M}\p{N}_$]/u;

/** Whether the text holds `name` letter by letter, and not as a part of a longer name. */
export function holdsExactly(text: string, name: string): boolean {
  const [startsInName, endsInName] = [
    nameUnit.test(name[0] ?? ""),
    nameUnit.test(name.at(-1) ?? ""),
  ];
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = at > 0 && startsInName && nameUnit.test(text[at - 1] ?? "");
    const after = endsInName && nameUnit.test(text[at + name.length] ?? "");
    if (!before && !after) {
      return true;
    }
  }
  return false;
}

/**
 * Whether a path is meant by a pattern. With `*` (anything but `/`), `**` (anything) or `?` (one
 * character) in it the whole path must match; without, the path must hold it. Case does not matter.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!/[*?]/u.test(wanted)) {
    return (path) => path.toLowerCase().includes(wanted);
  }
  return (path) => matchGlob(wanted, path.toLowerCase());
}

/** Whether a whole text is matched. By states instead of a regular expression, which a hostile pattern could make backtrack for ever. */
export function matchGlob(pattern: string, path: string): boolean {
  const parts = pattern.match(/\*\*\/|\*+|\?|[^*?]/gu) ?? [];
  let states = closure(new Set([0]), parts, true);
  for (const character of path) {
    const next = new Set<number>();
    for (const state of states) {
      const part = parts[state];
      if (part === undefined) {
        continue;
      }
      if (part === "**" || part === "**/" || (part.startsWith("*") && character !== "/")) {
        next.add(state);
        if (part === "**/" && character === "/") {
          next.add(state + 1);
        }
      } else if (part === character || (part === "?" && character !== "/")) {
        next.add(state + 1);
      }
    }
    states = closure(next, parts, character === "/");
    if (states.size === 0) {
      return false;
    }
  }
  return states.has(parts.length);
}

/**
 * The states that are reached without a character: a star may stand for nothing, `**` with its slash
 * where a name begins.
 */
function closure(states: Set<number>, parts: readonly string[], atName: boolean): Set<number> {
  for (const state of states) {
    const part = parts[state];
    if (part?.startsWith("*") === true && (part !== "**/" || atName)) {
      states.add(state + 1);
    }
  }
  return states;
}
