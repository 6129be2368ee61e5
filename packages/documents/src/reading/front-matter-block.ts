/** The block of front matter at the top of a text, in UTF-16 code units of that text. */
export interface FrontMatterBlock {
  /** Word behind the opening dashes in lower case, `yaml` when there is none. */
  readonly language: string;
  /** Without the delimiter lines. */
  readonly raw: string;
  /** Where the body starts: behind the closing line. */
  readonly end: number;
}

const openingLine = /^(---|\+\+\+)([a-z]*)[ \t]*\r?\n/iu;
const firstEntry =
  /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:["']?[\w$. -]+["']?[ \t]*:(?:\s|$)|[{}])/u;

/**
 * Finds front matter: the first line is `---` (or `---yaml`, `+++` for TOML), a later one the same
 * dashes alone. A thematic break at the top of a text is told apart by what follows: front matter
 * starts with `key:`. What has no closing line is body, so that no text is lost to a stray `---`.
 */
export function findFrontMatter(text: string): FrontMatterBlock | undefined {
  const opening = openingLine.exec(text);
  if (opening === null) {
    return undefined;
  }
  const [line, dashes = "---", word = ""] = opening;
  const closing = findClosing(text, dashes, line.length);
  if (closing === undefined) {
    return undefined;
  }
  const raw = text.slice(line.length, closing.start);
  const language = dashes === "+++" ? "toml" : word.toLowerCase() || "yaml";
  if (language === "yaml" && raw.trim() !== "" && !firstEntry.test(raw)) {
    return undefined;
  }
  return { language: language === "yml" ? "yaml" : language, raw, end: closing.end };
}

function findClosing(
  text: string,
  dashes: string,
  from: number,
): { readonly start: number; readonly end: number } | undefined {
  for (let start = from; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline + 1;
    if (text.startsWith(dashes, start) && text.slice(start + 3, end).trim() === "") {
      return { start, end };
    }
    start = end;
  }
  return undefined;
}
