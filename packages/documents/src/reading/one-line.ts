const maxLength = 300;

/** Text as a title can carry it: white space folded to single spaces, ends cut, at most 300 code units. */
export function oneLine(text: string): string {
  const folded = text.replace(/\s+/gu, " ").trim();
  if (folded.length <= maxLength) {
    return folded;
  }
  const cut = folded.slice(0, maxLength);
  const space = cut.lastIndexOf(" ");
  const short = space > maxLength / 2 ? cut.slice(0, space) : cut;
  return `${short.toWellFormed().replace(/\ufffd$/u, "")}…`;
}
