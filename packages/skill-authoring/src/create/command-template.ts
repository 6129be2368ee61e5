import { CodedError } from "@clawkeep/diagnostics";

import type { YamlData } from "../write/block-yaml.ts";

/** A command line taken apart: what runs, its elements, and what stands in for values. */
export interface CommandTemplate {
  readonly program: string;
  /** Fixed text, or one whole placeholder `{{name}}`. */
  readonly argv: readonly string[];
  /** As an exec contract writes them. */
  readonly arguments: Readonly<Record<string, { readonly [key: string]: YamlData }>>;
}

/**
 * Splits a command line into its elements as a POSIX shell would split plain words, without one: spaces
 * and tabs part words, quotes and backslashes join them. Whatever else means something to a shell is an error.
 *
 * @throws CodedError COMMAND_SHELL, COMMAND_QUOTE
 */
export function splitCommand(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const fail = (code: string, message: string): CodedError =>
    new CodedError({
      code,
      message: `expected one plain command, ${message} at character ${at + 1}`,
      hint: "No shell runs it: put pipes, variables and patterns into a program file, or quote what is meant as text.",
    });
  while (at < text.length) {
    const placeholder = /^\{\{[^{}]*\}\}/u.exec(text.slice(at));
    const character = text[at] ?? "";
    if (placeholder !== null) {
      word = (word ?? "") + placeholder[0];
      at += placeholder[0].length;
    } else if (character === " " || character === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    } else if (character === "'" || character === '"') {
      let inner = "";
      at += 1;
      for (; at < text.length && text[at] !== character; at += 1) {
        const inside = text[at] ?? "";
        const next = text[at + 1] ?? "";
        if (character === '"' && (inside === "$" || inside === "`")) {
          throw fail("COMMAND_SHELL", `got ${inside}`);
        }
        if (character === '"' && inside === "\\" && /["\\$`]/u.test(next)) {
          inner += next;
          at += 1;
        } else inner += inside;
      }
      if (at >= text.length) throw fail("COMMAND_QUOTE", "got a quote that is not closed");
      word = (word ?? "") + inner;
      at += 1;
    } else if (character === "\\") {
      const next = text[at + 1];
      if (next === undefined || next === "\n") throw fail("COMMAND_QUOTE", "got a backslash");
      word = (word ?? "") + next;
      at += 2;
    } else if (/[|&;<>()$`*?[\]#~!{}\n\r]/u.test(character)) {
      throw fail("COMMAND_SHELL", `got ${JSON.stringify(character)}`);
    } else {
      word = (word ?? "") + character;
      at += 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Reads `git log -n {{count}}`. A placeholder is one whole word: `{{name}}`, `{{name:integer}}`,
 * `{{name:integer=5}}`, `{{name:boolean}}`, `{{name:string}}` or `{{name:one|two}}`. Without a type it is
 * a whole number when its name says so (`count`, `limit`, …), else text, which must stand behind `--`.
 *
 * @throws CodedError COMMAND_SHELL, COMMAND_QUOTE, COMMAND_PLACEHOLDER, COMMAND_FREE_TEXT, COMMAND_EMPTY
 */
export function parseCommandTemplate(text: string): CommandTemplate {
  const [program, ...words] = splitCommand(text);
  if (program === undefined || !/^[A-Za-z0-9][A-Za-z0-9._+-]*$/u.test(program)) {
    throw new CodedError({
      code: "COMMAND_EMPTY",
      message: `expected the name of a program first, got ${JSON.stringify(program ?? "")}`,
      hint: "Write its name alone, as in: git log -n {{count}}",
    });
  }
  const declared: Record<string, { readonly [key: string]: YamlData }> = {};
  let isText = false;
  const argv = words.map((word) => {
    if (word === "--") isText = true;
    if (!word.includes("{{") && !word.includes("}}")) return word;
    const parts =
      /^\{\{\s*([A-Za-z][A-Za-z0-9_-]{0,63})\s*(?::\s*([^=]+?)\s*)?(?:=\s*(.*?)\s*)?\}\}$/u.exec(
        word,
      );
    const name = parts?.[1];
    if (name === undefined) {
      throw new CodedError({
        code: "COMMAND_PLACEHOLDER",
        message: `expected {{name}} as one whole word, got ${JSON.stringify(word)}`,
        hint: "Put a space before it: `--limit {{limit}}`, not `--limit={{limit}}`.",
      });
    }
    const spec = argumentOf(name, parts?.[2], parts?.[3]);
    if (spec["type"] === "string" && !isText) {
      throw new CodedError({
        code: "COMMAND_FREE_TEXT",
        message: `expected -- before the text {{${name}}}: a value such as --output=x would be an option`,
        hint: `Write \`-- {{${name}}}\` if the program honours it, or list the values: {{${name}:one|two}}.`,
      });
    }
    declared[name] = spec;
    return `{{${name}}}`;
  });
  return { program, argv, arguments: declared };
}

/** Names of values that are whole numbers when nothing says otherwise. */
export const numberNames: RegExp =
  /^(?:n|num|number|count|limit|top-?k|max|min|lines|depth|size|width|page|days)$/iu;

function argumentOf(
  name: string,
  written: string | undefined,
  fallback: string | undefined,
): { readonly [key: string]: YamlData } {
  const type = written ?? (numberNames.test(name) ? "integer" : "string");
  const wrong = (message: string): CodedError =>
    new CodedError({
      code: "COMMAND_PLACEHOLDER",
      message: `{{${name}}}: ${message}`,
      hint: "Types: integer, boolean, string, or the values themselves as in one|two.",
    });
  if (type === "integer") {
    const value = fallback === undefined ? undefined : Number(fallback);
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw wrong(`expected a whole number of at least 0, got ${fallback ?? ""}`);
    }
    const maximum = Math.max(1000, value ?? 0);
    return { type, minimum: 0, maximum, ...(value === undefined ? {} : { default: value }) };
  }
  if (type === "boolean") {
    if (fallback !== undefined && fallback !== "true" && fallback !== "false") {
      throw wrong(`expected true or false, got ${fallback}`);
    }
    return { type, ...(fallback === undefined ? {} : { default: fallback === "true" }) };
  }
  if (type === "string") {
    return { type, maxBytes: 4096, ...(fallback === undefined ? {} : { default: fallback }) };
  }
  const values = type.split("|").map((value) => value.trim());
  if (values.length < 2 || values.some((value) => value === "")) {
    throw wrong(`expected a type, got ${type}`);
  }
  if (values.some((value) => value.startsWith("-"))) {
    throw wrong("expected values that are no options");
  }
  return { type: "enum", values, ...(fallback === undefined ? {} : { default: fallback }) };
}
