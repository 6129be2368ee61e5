import { quoteLine } from "./quote-for-model.ts";

/** A sentence of a passage: its text on one line. */
export interface Sentence {
  readonly text: string;
  /** Character offset of its first character in the passage. */
  readonly start: number;
}

const fence = /^\s*(?:```|~~~)/u;
const blockStart = /^\s*(?:[-*+]\s|\d{1,3}[.)]\s|>|#{1,6}\s)/u;
// Each alternative ends where the next can begin: no way to backtrack, however long the line.
const marker = /^(?:\s*(?:[-*+]|\d{1,3}[.)]|\[[ xX]\])(?=\s)|\s*>)+\s*/u;
const notProse = /^\s*(?:#{1,6}(?:\s|$)|\||[-*_=]{3,}\s*$|<[!/a-zA-Z]|\[[^\]]+\]:\s|\S+:\s*$)/u;

/** Where sentences end, and which of them are prose. */
interface SentenceRules {
  /** A full stop after one of these ends no sentence. */
  readonly abbreviation: RegExp;
  readonly boundary: RegExp;
  readonly word: RegExp;
  /** Prose of scripts that are written without spaces. */
  readonly unspaced: RegExp | undefined;
}

const anyRules: SentenceRules = {
  abbreviation:
    /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|etc|approx|resp|fig|figs|no|sec|ch|vol|pp|mr|mrs|ms|dr|prof|st|\p{Lu})\.$/iu,
  boundary: /[.!?…][)\]"'”’`*_]*\s+(?=["'“‘([`*_]*[\p{Lu}\p{N}])|[。！？]\s*/gu,
  word: /\p{L}[\p{L}\p{M}\p{N}'’-]*/gu,
  unspaced: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{4}/u,
};
/** The same of text in ASCII. The Unicode classes take some milliseconds to compile in a cold query. */
const asciiRules: SentenceRules = {
  abbreviation:
    /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|etc|approx|resp|fig|figs|no|sec|ch|vol|pp|mr|mrs|ms|dr|prof|st|[A-Z])\.$/iu,
  boundary: /[.!?][)\]"'`*_]*\s+(?=["'([`*_]*[A-Z0-9])/gu,
  word: /[A-Za-z][A-Za-z0-9'-]*/gu,
  unspaced: undefined,
};

/** @param ascii False to use the general rules whatever the text is: they give the same. */
function rulesOf(text: string, ascii: boolean): SentenceRules {
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  return ascii && /^[\u0000-\u007f]*$/u.test(text) ? asciiRules : anyRules;
}

const comment = /^\s*(?:\/\*+|\*+\/?(?=\s|$)|\/\/[/!]?)\s?|\s*\*+\/\s*$/gu;
const code =
  /[{}]\s*[,;)]*\s*$|^\s*[})\]]|=>|[=!<>]=|\w\(\)|[=(].*;\s*$|^\s*(?:import|export|return|const|let|var|def|fn|func|pub|use|class|@\w)\b(?!.*[.!?]\s*$)/u;

/** Longer ones are not quoted in a summary: they are data, not sentences. */
const longest = 600;
/** No passage is longer; a bound on what one line of hostile text costs. */
const longestLine = 4096;

/** What is known of a passage. */
interface SplitOptions {
  /** For tests: false takes the slower rules for ASCII too, which give the same. */
  readonly ascii?: boolean;
  /** True where quoting the passage changes nothing in it: then it changes none of its lines, and none is looked at. */
  readonly isSafe?: boolean;
}

/**
 * The prose sentences of a Markdown or plain-text passage, in order. Code blocks, tables, headings,
 * rules and link definitions have none, nor lines of code or lines that hold agent-protocol
 * delimiters or control characters. A list item or paragraph that ends without a full stop ends
 * its sentence. Own rules instead of `Intl.Segmenter`: the same bytes on every version of ICU.
 */
export function splitSentences(
  passage: string,
  { ascii = true, isSafe = false }: SplitOptions = {},
): readonly Sentence[] {
  return blocks(passage, isSafe).flatMap((block) => sentencesOf(block, rulesOf(block.text, ascii)));
}

interface Block {
  readonly text: string;
  readonly start: number;
}

function blocks(passage: string, isSafe: boolean): readonly Block[] {
  const found: Block[] = [];
  let open: { text: string; start: number } | undefined;
  let inFence = false;
  let offset = 0;
  const close = (): void => {
    if (open !== undefined) {
      found.push(open);
      open = undefined;
    }
  };
  for (const line of passage.split("\n")) {
    const start = offset;
    offset += line.length + 1;
    if (fence.test(line)) {
      inFence = !inFence;
      close();
      continue;
    }
    if (inFence || line.trim() === "" || notProse.test(line) || !isQuotable(line, isSafe)) {
      close();
      continue;
    }
    if (blockStart.test(line)) {
      close();
    }
    // Comment signs become spaces, so that places in the passage stay what they are.
    const plain =
      line.includes("*") || line.includes("//")
        ? line.replace(comment, (signs) => " ".repeat(signs.length))
        : line;
    if (open === undefined) {
      const skipped = marker.exec(plain)?.[0].length ?? 0;
      open = { text: plain.slice(skipped), start: start + skipped };
    } else {
      open.text += `\n${plain}`;
    }
  }
  close();
  return found;
}

/** Not code, and nothing in it that would have to be escaped: what a summary may quote. */
function isQuotable(line: string, isSafe: boolean): boolean {
  const plain = line.replaceAll("\t", " ");
  // A span of code inside a sentence does not make the sentence code.
  const prose = plain.replace(/`[^`]+`/gu, "``");
  return line.length <= longestLine && !code.test(prose) && (isSafe || quoteLine(plain) === plain);
}

function sentencesOf(block: Block, rules: SentenceRules): readonly Sentence[] {
  const sentences: Sentence[] = [];
  let from = 0;
  const take = (to: number): void => {
    const raw = block.text.slice(from, to);
    const text = raw.replace(/\s+/gu, " ").trim();
    if (isProse(text, rules)) {
      sentences.push({ text, start: block.start + from + (raw.length - raw.trimStart().length) });
    }
    from = to;
  };
  for (const match of block.text.matchAll(rules.boundary)) {
    const end = match.index + match[0].trimEnd().length;
    if (
      !rules.abbreviation.test(block.text.slice(Math.max(0, match.index - 12), match.index + 1))
    ) {
      take(match.index + match[0].length);
    } else if (end <= from) {
      from = end;
    }
  }
  take(block.text.length);
  return sentences;
}

function isProse(text: string, rules: SentenceRules): boolean {
  if (text.length > longest || /[:,]$/u.test(text)) {
    return false;
  }
  const words = text.match(rules.word) ?? [];
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const ideographs = rules.unspaced?.test(text) ?? false;
  return (words.length >= 4 || ideographs) && letters >= text.length * 0.6;
}
