// The Snowball English stemmer ("Porter2"), as https://snowballstem.org/algorithms/english/stemmer.html
// describes it and Snowball 3.1 runs it. Written from the rules; `stem-english.test.ts` compares it
// with 10,000 words that the reference stemmed.

const exceptions: ReadonlyMap<string, string> = new Map([
  ["skis", "ski"],
  ["skies", "sky"],
  ["idly", "idl"],
  ["gently", "gentl"],
  ["ugly", "ugli"],
  ["early", "earli"],
  ["only", "onli"],
  ["singly", "singl"],
  ...["sky", "news", "howe", "atlas", "cosmos", "bias", "andes"].map(
    (word) => [word, word] as const,
  ),
]);

const regionPrefixes: readonly string[] = [
  "arsen",
  "commun",
  "emerg",
  "gener",
  "inter",
  "later",
  "organ",
  "past",
  "univers",
];

/** Suffix → replacement, looked up by longest suffix; both steps apply within R1. */
const step2: ReadonlyMap<string, string> = new Map([
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["abli", "able"],
  ["entli", "ent"],
  ["izer", "ize"],
  ["ization", "ize"],
  ["ational", "ate"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["alli", "al"],
  ["fulness", "ful"],
  ["fulli", "ful"],
  ["ousli", "ous"],
  ["ousness", "ous"],
  ["iveness", "ive"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["bli", "ble"],
  ["ogist", "og"],
  ["ogi", "og"],
  ["lessli", "less"],
  ["li", ""],
]);
const step3: ReadonlyMap<string, string> = new Map([
  ["tional", "tion"],
  ["ational", "ate"],
  ["alize", "al"],
  ["icate", "ic"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
  ["ative", ""],
]);
const step4: ReadonlyMap<string, string> = new Map(
  "al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize ion"
    .split(" ")
    .map((suffix) => [suffix, ""]),
);
const longestSuffix = 7;

/** Stems one lower-case word of ASCII letters and apostrophes; other words come back as they are. */
export function stemEnglish(word: string): string {
  const exception = exceptions.get(word);
  if (exception !== undefined) {
    return exception;
  }
  if (word.length < 3 || !/^[a-z']+$/u.test(word)) {
    return word;
  }
  let stem = markConsonantY(word.startsWith("'") ? word.slice(1) : word);
  const { r1, r2 } = regions(stem);
  stem = stripPlural(stripPossessive(stem));
  stem = stripPast(stem, r1);
  stem = replaceFinalY(stem);
  stem = applyStep2(stem, r1);
  stem = applyStep3(stem, r1, r2);
  stem = applyStep4(stem, r2);
  return applyStep5(stem, r1, r2).replaceAll("Y", "y");
}

function isVowel(letter: string | undefined): boolean {
  return letter !== undefined && letter !== "" && "aeiouy".includes(letter);
}

function hasVowel(text: string): boolean {
  return /[aeiouy]/u.test(text);
}

/** A y at the start or after a vowel is a consonant; it is written Y until the end. */
function markConsonantY(word: string): string {
  if (!word.includes("y")) {
    return word;
  }
  let marked = "";
  for (const letter of word) {
    const consonant = letter === "y" && (marked === "" || isVowel(marked.at(-1)));
    marked += consonant ? "Y" : letter;
  }
  return marked;
}

/** R1 starts after the first consonant that follows a vowel; R2 is that of R1. */
function regions(word: string): { readonly r1: number; readonly r2: number } {
  const prefix = regionPrefixes.find((candidate) => word.startsWith(candidate));
  const r1 = prefix?.length ?? afterVowelConsonant(word, 0);
  return { r1, r2: afterVowelConsonant(word, r1) };
}

function afterVowelConsonant(word: string, from: number): number {
  for (let index = from + 1; index < word.length; index += 1) {
    if (isVowel(word[index - 1]) && !isVowel(word[index])) {
      return index + 1;
    }
  }
  return word.length;
}

/** A short syllable at the end: consonant, vowel, consonant but w, x, Y; or a whole "ab"; or "past". */
function endsShort(word: string): boolean {
  const length = word.length;
  if (length < 2) {
    return false;
  }
  const closed = !isVowel(word[length - 1]) && isVowel(word[length - 2]);
  if (closed && length === 2) {
    return true;
  }
  const open = closed && length > 2 && !isVowel(word[length - 3]);
  return (open && !"wxY".includes(word[length - 1] ?? "")) || word.endsWith("past");
}

function stripPossessive(word: string): string {
  return word.replace(/(?:'s'|'s|')$/u, "");
}

function stripPlural(word: string): string {
  if (word.endsWith("sses")) {
    return word.slice(0, -2);
  }
  if (word.endsWith("ied") || word.endsWith("ies")) {
    return word.length > 4 ? word.slice(0, -2) : word.slice(0, -1);
  }
  if (!word.endsWith("s") || word.endsWith("ss") || word.endsWith("us")) {
    return word;
  }
  return hasVowel(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function stripPast(word: string, r1: number): string {
  const suffix = ["eedly", "ingly", "edly", "eed", "ing", "ed"].find((end) => word.endsWith(end));
  if (suffix === undefined) {
    return word;
  }
  const rest = word.slice(0, word.length - suffix.length);
  if (suffix === "eed" || suffix === "eedly") {
    const kept = rest.length < r1 || rest === "succ" || rest === "proc" || rest === "exc";
    return kept ? word : `${rest}ee`;
  }
  if (suffix === "ing") {
    if (rest.length === 2 && rest.endsWith("y") && !isVowel(rest[0])) {
      return `${rest[0] ?? ""}ie`;
    }
    if (["even", "cann", "inn", "earr", "herr", "out"].includes(rest)) {
      return word;
    }
  }
  return hasVowel(rest) ? repairStem(rest, r1) : word;
}

function repairStem(rest: string, r1: number): string {
  if (/(?:at|bl|iz)$/u.test(rest)) {
    return `${rest}e`;
  }
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/u.test(rest)) {
    return rest.length === 3 && "aeo".includes(rest[0] ?? "-") ? rest : rest.slice(0, -1);
  }
  return rest.length === r1 && endsShort(rest) ? `${rest}e` : rest;
}

function replaceFinalY(word: string): string {
  const last = word.at(-1);
  const replaced = (last === "y" || last === "Y") && word.length > 2 && !isVowel(word.at(-2));
  return replaced ? `${word.slice(0, -1)}i` : word;
}

function suffixIn(word: string, table: ReadonlyMap<string, string>): string | undefined {
  for (let length = Math.min(longestSuffix, word.length); length >= 2; length -= 1) {
    const suffix = word.slice(word.length - length);
    if (table.has(suffix)) {
      return suffix;
    }
  }
  return undefined;
}

function applyStep2(word: string, r1: number): string {
  const suffix = suffixIn(word, step2);
  if (suffix === undefined || word.length - suffix.length < r1) {
    return word;
  }
  const rest = word.slice(0, word.length - suffix.length);
  if (suffix === "ogi" && !rest.endsWith("l")) {
    return word;
  }
  if (suffix === "li" && !/[cdeghkmnrt]$/u.test(rest)) {
    return word;
  }
  return rest + (step2.get(suffix) ?? "");
}

function applyStep3(word: string, r1: number, r2: number): string {
  const suffix = suffixIn(word, step3);
  if (
    suffix === undefined ||
    word.length - suffix.length < (suffix === "ative" ? Math.max(r1, r2) : r1)
  ) {
    return word;
  }
  return word.slice(0, word.length - suffix.length) + (step3.get(suffix) ?? "");
}

function applyStep4(word: string, r2: number): string {
  const suffix = suffixIn(word, step4);
  if (suffix === undefined || word.length - suffix.length < r2) {
    return word;
  }
  const rest = word.slice(0, word.length - suffix.length);
  return suffix === "ion" && !/[st]$/u.test(rest) ? word : rest;
}

function applyStep5(word: string, r1: number, r2: number): string {
  const rest = word.slice(0, -1);
  if (word.endsWith("e")) {
    return rest.length >= r2 || (rest.length >= r1 && !endsShort(rest)) ? rest : word;
  }
  return word.endsWith("ll") && rest.length >= r2 ? rest : word;
}
