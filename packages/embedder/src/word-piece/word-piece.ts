import { CodedError } from "@clawkeep/diagnostics";

import { inCanonicalOrder } from "./canonical-order.ts";
import type { Characters } from "./characters.ts";
import { characterKind, characters, hangulLetters } from "./characters.ts";
import { readVocabulary } from "./vocabulary.ts";
import { isVocabularyTable, openVocabularyTable } from "./vocabulary-table.ts";

/** A text to token ids, exactly as the reference tokeniser of the model does it. */
export interface WordPiece {
  /** Number of entries: every id is below it. */
  readonly size: number;
  /**
   * Ids with `[CLS]` first and `[SEP]` last, cut to `maxTokens` (at least 2) in all.
   *
   * A special token's own name in the text, such as `[SEP]`, is that token, as in the reference.
   */
  encode(text: string, maxTokens: number): Int32Array;
  /** Tokens of the text alone: no special tokens around it, no cut. */
  count(text: string): number;
}

/** Changes when any text can get other ids: part of the space's identity. */
export const tokenizerVersion = "wordpiece-bert-uncased-1";

/** A longer word is `[UNK]`; in code points, after normalisation (tokenizer.json). */
const longestWord = 100;
const specialNames = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
const openBracket = 91;

/** What becomes of ASCII: the kind, and the lower-case unit. */
const asciiKinds: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) => asciiKind(unit));

/**
 * The tokeniser of BERT's uncased models: clean, put ideographs apart, strip accents, lower-case, split
 * at spaces and punctuation, then take the longest known piece from the left of each word. Checked
 * against the reference over every code point (`fixtures/wordpiece-v1.jsonl`).
 *
 * @param vocabularyFile one entry a line, the line number is the id; or the model's table of them.
 * @throws CodedError `VOCABULARY_INVALID`.
 */
export function loadWordPiece(vocabularyFile: Uint8Array): WordPiece {
  const vocabulary = isVocabularyTable(vocabularyFile)
    ? openVocabularyTable(vocabularyFile)
    : readVocabulary(vocabularyFile);
  const special = new Map<string, number>(
    specialNames.map((name) => [name, vocabulary.idOf(name)]),
  );
  for (const [name, id] of special) {
    if (id < 0) {
      throw new CodedError({
        code: "VOCABULARY_INVALID",
        message: `expected the entry ${name} in a vocabulary of ${vocabulary.size}, found none`,
        hint: "install the model package again",
      });
    }
  }
  const unknown = special.get("[UNK]") ?? 0;

  // The word being read, in UTF-16 units; one more than the longest is enough to know that it is too long.
  const word = new Uint16Array(longestWord * 2 + 2);
  let units = 0;
  let codePoints = 0;
  // Ids of the text so far. Reused between calls: nothing here is asynchronous.
  let ids = new Int32Array(512);
  let length = 0;

  function append(id: number): void {
    if (length === ids.length) {
      const larger = new Int32Array(ids.length * 2);
      larger.set(ids);
      ids = larger;
    }
    ids[length] = id;
    length += 1;
  }

  function endWord(): void {
    if (units === 0) {
      return;
    }
    const before = length;
    let start = codePoints > longestWord ? -1 : 0;
    while (start >= 0 && start < units) {
      const found = vocabulary.longestPrefix(word, start, units, start > 0);
      if (found < 0) {
        start = -1;
      } else {
        append(found >> 7);
        start += found & 127;
      }
    }
    if (start < 0) {
      length = before;
      append(unknown);
    }
    units = 0;
    codePoints = 0;
  }

  function addToWord(codePoint: number): void {
    codePoints += 1;
    if (codePoints > longestWord) {
      return;
    }
    if (codePoint > 0xffff) {
      word[units] = 0xd7c0 + (codePoint >> 10);
      units += 1;
    }
    word[units] = codePoint > 0xffff ? 0xdc00 + (codePoint & 0x3ff) : codePoint;
    units += 1;
  }

  /** Puts the ids of `text` into `ids`, and stops soon after `limit` of them. */
  function read(text: string, limit: number): void {
    let tables: Characters | undefined;
    for (let index = 0; index < text.length && length < limit; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit < 128) {
        const kind = asciiKinds[unit] ?? 0;
        if (kind === characterKind.word) {
          codePoints += 1;
          if (codePoints <= longestWord) {
            word[units] = unit >= 65 && unit <= 90 ? unit + 32 : unit;
            units += 1;
          }
        } else if (kind !== characterKind.dropped) {
          endWord();
          const name = unit === openBracket ? specialAt(text, index) : undefined;
          if (name !== undefined) {
            append(special.get(name) ?? unknown);
            index += name.length - 1;
          } else if (kind === characterKind.isolated) {
            addToWord(unit);
            endWord();
          }
        }
        continue;
      }
      tables ??= characters();
      const codePoint = text.codePointAt(index) ?? 0;
      index += codePoint > 0xffff ? 1 : 0;
      const kind = tables.kinds[codePoint] ?? 0;
      if (kind === characterKind.word || kind === characterKind.combining) {
        addToWord(codePoint);
      } else if (kind === characterKind.replaced) {
        for (const part of tables.replacements.get(codePoint) ?? []) {
          addPart(tables, part);
        }
      } else if (kind === characterKind.hangul) {
        hangulLetters(codePoint).forEach(addToWord);
      } else if (kind !== characterKind.dropped) {
        endWord();
        if (kind === characterKind.isolated) {
          addToWord(codePoint);
          endWord();
        }
      }
    }
    endWord();
  }

  function addPart(tables: Characters, codePoint: number): void {
    const isolated = tables.kinds[codePoint] === characterKind.isolated;
    if (isolated) {
      endWord();
    }
    addToWord(codePoint);
    if (isolated) {
      endWord();
    }
  }

  return {
    size: vocabulary.size,
    encode(text, maxTokens) {
      if (!Number.isInteger(maxTokens) || maxTokens < 2) {
        throw new RangeError(`expected maxTokens to be an integer of at least 2, got ${maxTokens}`);
      }
      length = 0;
      append(special.get("[CLS]") ?? 0);
      read(needsOrder(text) ? inCanonicalOrder(text) : text, maxTokens);
      length = Math.min(length, maxTokens - 1);
      append(special.get("[SEP]") ?? 0);
      return ids.slice(0, length);
    },
    count(text) {
      length = 0;
      read(needsOrder(text) ? inCanonicalOrder(text) : text, Number.POSITIVE_INFINITY);
      const tokens = length;
      // One huge text must not hold its memory for good.
      ids = ids.length > 1 << 16 ? new Int32Array(512) : ids;
      return tokens;
    },
  };
}

/** True when combining characters that stay stand beside others; see `inCanonicalOrder`. */
function needsOrder(text: string): boolean {
  let kinds: Uint8Array | undefined;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) >= 0x800) {
      kinds ??= characters().kinds;
      if (kinds[text.codePointAt(index) ?? 0] === characterKind.combining) {
        return true;
      }
    }
  }
  return false;
}

function specialAt(text: string, index: number): string | undefined {
  return specialNames.find((name) => text.startsWith(name, index));
}

function asciiKind(unit: number): number {
  const character = String.fromCharCode(unit);
  if (/[\t\n\r ]/u.test(character)) {
    return characterKind.space;
  }
  if (unit < 32 || unit === 127) {
    return characterKind.dropped;
  }
  return /[A-Za-z0-9]/u.test(character) ? characterKind.word : characterKind.isolated;
}
