import fc from "fast-check";

const word = fc.constantFrom(
  "alpha",
  "beta.",
  "Gamma!",
  "snake_case",
  "e\u0301te\u0301",
  "日本語。",
  "🦀",
  "👨‍👩‍👧‍👦",
  "🇨🇭🇩🇪",
  "नमस्ते",
  "\u0301",
  "https://example.org/a?b=c#d",
  "x".repeat(70),
  "1.",
  "`code`",
  "\u00a0",
  "\u200b",
);

const prose = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(" "));

const line = fc.oneof(
  { weight: 4, arbitrary: prose },
  fc
    .tuple(fc.integer({ min: 1, max: 7 }), word)
    .map(([level, text]) => `${"#".repeat(level)} ${text}`),
  fc.constantFrom(
    "",
    "",
    "",
    "```",
    "```js",
    "~~~",
    "<!--",
    "-->",
    "---",
    "===",
    "<pre>",
    "</pre>",
  ),
  prose.map((text) => `- ${text}`),
  prose.map((text) => `    ${text}`),
  prose.map((text) => `| ${text} | b |`),
  word.map((text) => text.repeat(30)),
  fc.constantFrom("|---|---|", `|${"-".repeat(200)}|`, "   ", "\t", "\r", "}"),
);

/** Texts with the shapes of Markdown in any order, either line end, and often no last one. */
export const markdownish: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(line, { maxLength: 60 }),
    fc.constantFrom("\n", "\r\n", "\n\n"),
    fc.constantFrom("", "\n", "\r\n", "\r"),
  )
  .map(([lines, lineEnd, last]) => lines.join(lineEnd) + last);
