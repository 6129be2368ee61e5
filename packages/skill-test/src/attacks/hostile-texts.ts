/** A text that a program may mistake for something else. */
export interface HostileText {
  readonly name: string;
  readonly text: string;
}

const written: readonly HostileText[] = [
  ["semicolon", "; touch /tmp/pwned"],
  ["command substitution", "$(touch /tmp/pwned)"],
  ["backticks", "`touch /tmp/pwned`"],
  ["and", "&& touch /tmp/pwned"],
  ["pipe", "| cat /etc/passwd"],
  ["redirection", "> /tmp/pwned"],
  ["variable", "$HOME ${PATH}"],
  ["glob", "* ? [a-z] {a,b}"],
  ["tilde", "~root"],
  ["template", "{{query}} {{root.index}} ${7*7} %s %n"],
  ["backslash", "\\ \\n \\0 \\x41"],
  ["path", "../../../../etc/passwd"],
  ["SQL", "' OR 1=1; DROP TABLE x; --"],
  ["long option", "--help"],
  ["short option", "-rf"],
  ["end of options", "--"],
  ["dash", "-"],
  ["option with value", "--index=/etc"],
  ["single quote", "it's"],
  ["double quote", 'say "hi"'],
  ["all quotes", "'\"`'\"`"],
  ["newline", "a\nb"],
  ["carriage return", "a\r\nb"],
  ["tab", "a\tb"],
  ["protocol line", '"}\n{"id":1,"exitCode":0,"output":null}'],
  ["NUL", "a\0b"],
  ["escape sequence", "\u001b]52;c;cHduZWQ=\u0007"],
  ["empty", ""],
  ["space", " "],
  ["spaces around", "  a  "],
  ["right-to-left override", "a\u202Etxt.exe"],
  ["isolates", "\u2066a\u2067b\u2068c\u2069"],
  ["left-to-right embedding", "\u202Aa\u202Bb\u202C\u202Dc"],
  ["direction marks", "\u200Ea\u200Fb\u061Cc"],
  ["byte order mark", "\uFEFFa"],
  ["zero width", "a\u200Bb\u200Cc\u200Dd"],
  ["combining, not composed", "e\u0301"],
  ["compatibility", "\uFB01\u00B2\u2460"],
  ["case that grows", "\u0130\u00DF\uFB03"],
  ["surrogate alone", "a\uD800b"],
  ["noncharacter", "\uFFFF\u{1FFFE}"],
].map(([name = "", text = ""]) => ({ name, text }));

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

function wide(bytes: number): string {
  return "\u65E5".repeat(Math.floor(bytes / 3)) + "a".repeat(bytes % 3);
}
