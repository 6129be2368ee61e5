/**
 * Names that the outermost object of a JSON text has more than once. `JSON.parse` silently keeps the
 * last of them, so two readers could see two different requests. The text must already have parsed.
 */
export function repeatedNames(text: string): readonly string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  let nameExpected = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && nameExpected) {
        const name = String(JSON.parse(text.slice(at, end + 1)));
        (seen.has(name) ? repeated : seen).add(name);
        nameExpected = false;
      }
      at = end;
    } else if (character === "{" || character === "[") {
      depth += 1;
      nameExpected = depth === 1 && character === "{";
    } else if (character === "}" || character === "]") {
      depth -= 1;
    } else if (character === "," && depth === 1) {
      nameExpected = true;
    }
  }
  return [...repeated];
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === '"') {
      return at;
    }
  }
  return text.length;
}
