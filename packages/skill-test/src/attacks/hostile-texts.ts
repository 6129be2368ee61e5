/** A text that a program may mistake for something else. */
export interface HostileText {
  readonly name: string;
  readonly text: string;
  /** Texts of one kind may be tried together, one after the other in one text; without it, alone. */
  readonly kind?: string;
}

const written: readonly HostileText[] = [
  ["semicolon", "; touch /tmp/pwned", "metacharacters"],
  ["command substitution", "$(touch /tmp/pwned)", "metacharacters"],
  ["backticks", "`touch /tmp/pwned`", "metacharacters"],
  ["and", "&& touch /tmp/pwned", "metacharacters"],
  ["pipe", "| cat /etc/passwd", "metacharacters"],
  ["redirection", "> /tmp/pwned", "metacharacters"],
  ["variable", "$HOME ${PATH}", "metacharacters"],
  ["glob", "* ? [a-z] {a,b}", "metacharacters"],
  ["tilde", "~root", "metacharacters"],
  ["template", "{{query}} {{root.index}} ${7*7} %s %n", "metacharacters"],
  ["backslash", "\\ \\n \\0 \\x41", "metacharacters"],
  ["path", "../../../../etc/passwd"],
  ["SQL", "' OR 1=1; DROP TABLE x; --"],
  ["long option", "--help"],
  ["short option", "-rf"],
  ["end of options", "--"],
  ["dash", "-"],
  ["option with value", "--index=/etc"],
  ["single quote", "it's", "quotes"],
  ["double quote", 'say "hi"', "quotes"],
  ["all quotes", "'\"`'\"`", "quotes"],
  ["newline", "a\nb", "lines"],
  ["carriage return", "a\r\nb", "lines"],
  ["tab", "a\tb", "lines"],
  ["protocol line", '"}\n{"id":1,"exitCode":0,"output":null}'],
  ["NUL", "a\0b"],
  ["escape sequence", "\u001b]52;c;cHduZWQ=\u0007"],
  ["empty", ""],
  ["space", " "],
  ["spaces around", "  a  "],
  ["right-to-left override", "a\u202Etxt.exe", "bidirectional"],
  ["isolates", "\u2066a\u2067b\u2068c\u2069", "bidirectional"],
  ["left-to-right embedding", "\u202Aa\u202Bb\u202C\u202Dc", "bidirectional"],
  ["direction marks", "\u200Ea\u200Fb\u061Cc", "bidirectional"],
  ["byte order mark", "\uFEFFa", "Unicode"],
  ["zero width", "a\u200Bb\u200Cc\u200Dd", "Unicode"],
  ["combining, not composed", "e\u0301", "Unicode"],
  ["compatibility", "\uFB01\u00B2\u2460", "Unicode"],
  ["case that grows", "\u0130\u00DF\uFB03", "Unicode"],
  ["surrogate alone", "a\uD800b"],
  ["noncharacter", "\uFFFF\u{1FFFE}", "Unicode"],
].map(([name = "", text = "", kind]) => ({
  name,
  text,
  ...(kind === undefined ? {} : { kind }),
}));

/** One character of each general category of Unicode; Cs is among the texts above. */
const categories: Readonly<Record<string, string>> = {
  Lu: "\u0391",
  Ll: "\u0436",
  Lt: "\u01C5",
  Lm: "\u02B0",
  Lo: "\u65E5",
  Mn: "\u0300",
  Mc: "\u0903",
  Me: "\u20DD",
  Nd: "\u0664",
  Nl: "\u2167",
  No: "\u00BD",
  Pc: "\u203F",
  Pd: "\u2014",
  Ps: "\u300C",
  Pe: "\u300D",
  Pi: "\u00AB",
  Pf: "\u00BB",
  Po: "\u00A1",
  Sm: "\u2211",
  Sc: "\u20AC",
  Sk: "\u00A8",
  So: "\u{1F980}",
  Zs: "\u3000",
  Zl: "\u2028",
  Zp: "\u2029",
  Cc: "\u0085",
  Cf: "\u00AD",
  Co: "\uE000",
  Cn: "\u0378",
};

/** All hostile texts that do not depend on the argument, then the lengths around its limits. */
export function hostileTexts(minBytes: number, maxBytes: number): readonly HostileText[] {
  const lengths = [1, minBytes - 1, minBytes, Math.floor(maxBytes / 2), maxBytes - 1, maxBytes]
    .concat(maxBytes + 1)
    .filter((length) => length > 0);
  return [
    ...written,
    ...Object.entries(categories).map(([name, character]) => ({
      name: `category ${name}`,
      text: `a${character}b`,
      kind: "Unicode",
    })),
    ...[...new Set(lengths)].map((length) => ({
      name: `${length} bytes`,
      text: "a".repeat(length),
    })),
    // The limit counts bytes: three to a character, and one that does not fit any more.
    { name: `${maxBytes} bytes of three`, text: wide(maxBytes) },
    { name: `over ${maxBytes} bytes of three`, text: `${wide(maxBytes)}\u65E5` },
  ];
}

/**
 * Fewer texts that hold all of these: those of one kind in one text of at most `maxBytes`, the rest
 * alone.
 */
export function combined(
  texts: readonly HostileText[],
  maxBytes: number,
): readonly (readonly HostileText[])[] {
  const groups = Map.groupBy(texts, ({ name, kind }) => kind ?? name);
  return [...groups.values()].flatMap((group) =>
    Buffer.byteLength(joined(group)) <= maxBytes ? [group] : group.map((one) => [one]),
  );
}

/** The texts of a group as one. */
export function joined(group: readonly HostileText[]): string {
  return group.map(({ text }) => text).join(" ");
}

function wide(bytes: number): string {
  return "\u65E5".repeat(Math.floor(bytes / 3)) + "a".repeat(bytes % 3);
}
