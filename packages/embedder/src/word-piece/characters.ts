import * as tables from "./reference-characters.ts";

/** What becomes of a code point. `word` stays as it is and is part of a word. */
export const characterKind = {
  word: 0,
  dropped: 1,
  space: 2,
  isolated: 3,
  replaced: 4,
  hangul: 5,
  combining: 6,
} as const;

/** The frozen tables of the reference tokeniser, opened. */
export interface Characters {
  /** A `characterKind` for each code point. */
  readonly kinds: Uint8Array;
  /** Code points in place of those of kind `replaced`; none of them is replaced again. */
  readonly replacements: ReadonlyMap<number, readonly number[]>;
  /** Combining class of those of kind `combining`. */
  readonly combiningClasses: ReadonlyMap<number, number>;
  /** Removed, but ends a run of combining characters. */
  readonly droppedMarks: ReadonlySet<number>;
}

let opened: Characters | undefined;

/** Opens the tables at the first call (about a millisecond); a text in ASCII never needs them. */
export function characters(): Characters {
  opened ??= openCharacters();
  return opened;
}

function openCharacters(): Characters {
  const kinds = new Uint8Array(0x110000);
  const fill = (text: string, kind: number): void => {
    for (const [start, end] of ranges(text)) {
      kinds.fill(kind, start, end);
    }
  };
  const replacements = readReplacements(tables.replaced);
  const combiningClasses = new Map<number, number>();
  const droppedMarks = new Set(points(tables.droppedMarks));
  // A lone surrogate has no UTF-8 form: it is U+FFFD, which is dropped.
  kinds.fill(characterKind.dropped, 0xd800, 0xe000);
  fill(tables.dropped, characterKind.dropped);
  fill(tables.droppedMarks, characterKind.dropped);
  fill(tables.spaces, characterKind.space);
  fill(tables.isolated, characterKind.isolated);
  kinds.fill(characterKind.hangul, hangul.first, hangul.last + 1);
  for (const codePoint of replacements.keys()) {
    kinds[codePoint] = characterKind.replaced;
  }
  for (const [order, text] of Object.entries(tables.combining)) {
    for (const codePoint of points(text)) {
      combiningClasses.set(codePoint, Number(order));
    }
  }
  for (const codePoint of [...combiningClasses.keys(), ...points(tables.expanding)]) {
    kinds[codePoint] = characterKind.combining;
  }
  return { kinds, replacements, combiningClasses, droppedMarks };
}

const hangul = { first: 0xac00, last: 0xd7a3, lead: 0x1100, vowel: 0x1161, tail: 0x11a7 } as const;

/** The two or three letters of a Hangul syllable (Unicode 3.12, arithmetic decomposition). */
export function hangulLetters(syllable: number): readonly number[] {
  const index = syllable - hangul.first;
  const lead = hangul.lead + Math.floor(index / 588);
  const vowel = hangul.vowel + Math.floor((index % 588) / 28);
  const tail = index % 28;
  return tail === 0 ? [lead, vowel] : [lead, vowel, hangul.tail + tail];
}

function* ranges(text: string): Generator<readonly [number, number]> {
  const numbers = text.split(" ").map((word) => Number.parseInt(word, 36));
  let end = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const start = end + (numbers[index] ?? 0);
    end = start + (numbers[index + 1] ?? 0);
    yield [start, end];
  }
}

function* points(text: string): Generator<number> {
  for (const [start, end] of ranges(text)) {
    for (let codePoint = start; codePoint < end; codePoint += 1) {
      yield codePoint;
    }
  }
}

function readReplacements(text: string): Map<number, readonly number[]> {
  const result = new Map<number, readonly number[]>();
  let codePoint = 0;
  for (const word of text.split(" ")) {
    const [gap = "", rest = ""] = word.split(":");
    const [list = "", times = "1"] = rest.split("*");
    const differences = list.split(",").map((number) => Number.parseInt(number, 36));
    for (let count = Number.parseInt(times, 36); count > 0; count -= 1) {
      codePoint += Number.parseInt(gap, 36);
      const from = codePoint;
      result.set(
        from,
        differences.map((difference) => from + difference),
      );
    }
  }
  return result;
}
