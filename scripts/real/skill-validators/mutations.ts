/** A small generator with a seed: the same mutations on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const values: readonly string[] = [
  ...[
    "plain words",
    '"quoted"',
    "'single'",
    "123",
    "1e3",
    "0x10",
    "0b11",
    "1_000",
    "2001-01-01",
    "null",
    "~",
    "yes",
  ],
  ...[
    "a: b",
    "a #b",
    "a --- b",
    "- a",
    "[a]",
    "{a: b}",
    "*a",
    "&a b",
    "!t b",
    "%a",
    "@a",
    "`a`",
    "|\n  a\n  b",
    ">-\n  a\n  b",
  ],
  ...[
    "|2\n    a",
    "a\n  b",
    "a\nb",
    '"a\n  b"',
    '"\\u0000"',
    '"\\x1f"',
    "\u00e9",
    "\u0085",
    "\u2028",
    "\ufeff",
    "\u{1f600}",
    "\t",
    "a\tb",
  ],
  ...[
    "''",
    '""',
    "? a",
    "a:",
    ":",
    "...",
    "\n  k: v",
    "\n  - a",
    "\n    k: v\n  l: w",
    "<b>",
    "x".repeat(1024),
    "x".repeat(1025),
  ],
  ...[
    "\u{1f600}".repeat(600),
    "'it''s'",
    '"a\\qb"',
    "a\rb",
    "\n  k: v\n  k: w",
    "\n  1: v",
    "\n  openclaw:\n    os:\n      - linux",
    ">+\n  a\n\n",
  ],
];
const names = [
  "name",
  "description",
  "license",
  "allowed-tools",
  "metadata",
  "compatibility",
  "version",
  "Name",
  '"name"',
  "1",
];
const noise = [
  "-",
  "---",
  " ",
  "\t",
  "#",
  ":",
  "'",
  '"',
  "\r",
  "\r\n",
  "\u00a0",
  "\u0000",
  "\u0007",
  "\u00d7",
  "\u0663",
  "\n",
  "\n\n",
  "é",
  "Ä",
  "\u4e2d",
  "\u0301",
];

/** One broken or odd copy of a valid `SKILL.md`. */
export function mutate(text: string, seed: number): string {
  const random = randomOf(seed * 7919 + 17);
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T => list[random(list.length)] as T;
  let lines = text.split("\n");
  const end = lines.indexOf("---", 1);
  const times = 1 + random(2);
  for (let time = 0; time < times; time += 1) {
    const at = 1 + random(Math.max(end - 1, 1));
    switch (random(8)) {
      case 0:
        lines.splice(at, 0, `${pick(names)}: ${pick(values)}`);
        break;
      case 1:
        lines[at] = (lines[at] ?? "").replace(/:.*$/u, `: ${pick(values)}`);
        break;
      case 2:
        lines.splice(at, 1);
        break;
      case 3: {
        const line = lines[at] ?? "";
        const column = random(line.length + 1);
        lines[at] = `${line.slice(0, column)}${pick(noise)}${line.slice(column)}`;
        break;
      }
      case 4:
        lines[at] = `${" ".repeat(random(4))}${lines[at] ?? ""}`;
        break;
      case 5:
        lines = lines.map((line) => `${line}\r`);
        break;
      case 6:
        lines.splice(
          at,
          0,
          pick([
            "# comment",
            "",
            "   ",
            "...",
            "--- ",
            "%YAML 1.1",
            "? a\n: b",
            "metadata:\n    a: b\n    c:\n     - d",
          ]),
        );
        break;
      default:
        lines[0] = pick(["---", "--- ", "---js", "----", "\ufeff---", " ---", "--- # a"]);
    }
  }
  return lines.join("\n");
}
