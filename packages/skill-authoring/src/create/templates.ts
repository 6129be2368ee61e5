import type { YamlData } from "../write/block-yaml.ts";
import { parseCommandTemplate } from "./command-template.ts";

/** What a new skill is made from. */
export type TemplateName = "node" | "python" | "binary" | "data" | "wrap";

/** All templates, with what each is for. */
export const templates: Readonly<Record<TemplateName, string>> = {
  node: "a tool written in JavaScript",
  python: "a script written in Python",
  binary: "a program of the system that reads a text",
  data: "a query over a CSV file",
  wrap: "a command line with typed values",
};

/** What a template needs to know. */
export interface TemplateInput {
  readonly name: string;
  readonly description: string;
  /** For `binary`: a program of the system. Default `wc`. */
  readonly program?: string;
  /** For `wrap`. */
  readonly command?: string;
}

/** A skill's contract as it is written, and its other files by path. */
export interface Template {
  readonly contract: { readonly [key: string]: YamlData };
  readonly files: Readonly<Record<string, string>>;
  readonly cases: readonly { readonly [key: string]: YamlData }[];
}

/** @throws CodedError of `parseCommandTemplate` */
export function templateOf(template: TemplateName, input: TemplateInput): Template {
  return makers[template](input);
}

const makers: Readonly<Record<TemplateName, (input: TemplateInput) => Template>> = {
  node: (input) => script(input, "node", `scripts/${input.name}.mjs`, nodeProgram),
  python: (input) => script(input, "python3", `scripts/${input.name}.py`, pythonProgram),
  binary,
  data,
  wrap,
};

const refused = (
  name: string,
  values: YamlData,
  code = "ARGUMENT_REFUSED",
): { readonly [key: string]: YamlData } => ({
  name,
  arguments: values,
  expect: { refused: code },
});

const textArgument: YamlData = {
  type: "string",
  maxBytes: 65_536,
  multiline: true,
  description: "The text.",
};

function contractOf(
  program: YamlData,
  action: string,
  spec: { readonly [key: string]: YamlData },
): { readonly [key: string]: YamlData } {
  return { contract: 1, program, actions: { [action]: spec } };
}

function script(input: TemplateInput, interpreter: string, file: string, text: string): Template {
  return {
    contract: contractOf({ file, interpreter }, "count", {
      description: input.description,
      argv: ["count"],
      stdin: { json: ["text", "top"] },
      arguments: {
        text: textArgument,
        top: {
          type: "integer",
          minimum: 1,
          maximum: 100,
          default: 10,
          description: "How many words to give.",
        },
      },
      timeoutMs: 10_000,
      output: { format: "json", schema: "output.schema.json" },
      exitCodes: { "0": "done", "2": "failure" },
      determinism: { promise: "bytes" },
    }),
    files: { [file]: text, "output.schema.json": wordsSchema },
    cases: [
      {
        name: "counts words, the most frequent first",
        arguments: { text: "b a b" },
        expect: {
          exitCode: 0,
          output: {
            words: [
              { word: "b", count: 2 },
              { word: "a", count: 1 },
            ],
          },
        },
      },
      {
        name: "gives as many as asked for",
        arguments: { text: "é é x", top: 1 },
        expect: { exitCode: 0, output: { words: [{ word: "é", count: 2 }] } },
      },
      refused("a number that is too large is refused", { text: "a", top: 101 }),
    ],
  };
}

const wordsSchema = `${JSON.stringify(
  {
    type: "object",
    required: ["words"],
    additionalProperties: false,
    properties: {
      words: {
        type: "array",
        items: {
          type: "object",
          required: ["word", "count"],
          additionalProperties: false,
          properties: { word: { type: "string" }, count: { type: "integer", minimum: 1 } },
        },
      },
    },
  },
  null,
  2,
)}\n`;

const nodeProgram = `// Reads {"text", "top"} on standard input and prints the most frequent words.
import { readFileSync } from "node:fs";

const { text, top } = JSON.parse(readFileSync(0, "utf8"));
const counts = new Map();
for (const word of text.split(/\\s+/u)) {
  if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1);
}
// Words that are equally frequent come by code unit, so that every run prints the same.
const words = [...counts]
  .map(([word, count]) => ({ word, count }))
  .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
console.log(JSON.stringify({ words: words.slice(0, top) }));
`;

const pythonProgram = `"""Reads {"text", "top"} on standard input and prints the most frequent words."""
import json
import sys

request = json.load(sys.stdin)
counts = {}
for word in request["text"].split():
    counts[word] = counts.get(word, 0) + 1
# Words that are equally frequent come by code point, so that every run prints the same.
words = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
top = [{"word": word, "count": count} for word, count in words[: request["top"]]]
json.dump({"words": top}, sys.stdout, ensure_ascii=False)
print()
`;

function binary(input: TemplateInput): Template {
  const program = input.program ?? "wc";
  const isCount = program === "wc";
  return {
    contract: contractOf({ system: program }, "read", {
      description: input.description,
      argv: [isCount ? "-w" : "--"],
      stdin: { text: "text" },
      arguments: { text: textArgument },
      timeoutMs: 10_000,
      output: { format: "text" },
      determinism: { promise: "bytes" },
    }),
    files: {},
    cases: [
      {
        name: "reads a text",
        arguments: { text: "one two\n" },
        expect: { exitCode: 0, ...(isCount ? { text: "2\n" } : {}) },
      },
      { name: "reads an empty text", arguments: { text: "" }, expect: { exitCode: 0 } },
      refused("what is not text is refused", { text: 1 }),
    ],
  };
}

function data(input: TemplateInput): Template {
  return {
    contract: contractOf({ file: "scripts/query.mjs", interpreter: "node" }, "query", {
      description: input.description,
      argv: ["{{root.data}}"],
      stdin: { json: ["column", "equals", "limit"] },
      arguments: {
        column: { type: "string", minBytes: 1, maxBytes: 200, description: "Name of a column." },
        equals: { type: "string", maxBytes: 4096, description: "What it must be." },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 1000,
          default: 50,
          description: "How many rows to give.",
        },
      },
      timeoutMs: 10_000,
      output: { format: "json" },
      exitCodes: { "0": "done", "1": "no", "2": "failure" },
      roots: {
        data: { access: "read", default: "data", description: "The folder that holds table.csv." },
      },
      determinism: { promise: "bytes" },
    }),
    files: {
      "scripts/query.mjs": queryProgram,
      "cases/data/table.csv": 'name,town\nAda,"York, old"\nBob,Hull\n',
    },
    cases: [
      {
        name: "finds a row",
        arguments: { column: "town", equals: "York, old" },
        roots: { data: "data" },
        expect: { exitCode: 0, output: { rows: [{ name: "Ada", town: "York, old" }] } },
      },
      {
        name: "no row is an answer",
        arguments: { column: "town", equals: "Leeds" },
        roots: { data: "data" },
        expect: { exitCode: 1 },
      },
      {
        ...refused("an empty column is refused", { column: "", equals: "x" }),
        roots: { data: "data" },
      },
    ],
  };
}

const queryProgram = `// Prints the rows of table.csv (RFC 4180) in which a column has a value.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const { column, equals, limit } = JSON.parse(readFileSync(0, "utf8"));
const text = readFileSync(join(process.argv[2], "table.csv"), "utf8");
const records = [[]];
let field = "";
let quoted = false;
for (let at = 0; at < text.length; at += 1) {
  const character = text[at];
  if (quoted) {
    if (character !== '"') field += character;
    else if (text[at + 1] === '"') field += text[(at += 1)];
    else quoted = false;
  } else if (character === '"' && field === "") quoted = true;
  else if (character === "," || character === "\\n") {
    records.at(-1).push(field.replace(/\\r$/u, ""));
    field = "";
    if (character === "\\n") records.push([]);
  } else field += character;
}
if (field !== "" || records.at(-1).length > 0) records.at(-1).push(field);
const [header = [], ...lines] = records.filter((record) => record.length > 0);
const index = header.indexOf(column);
if (index === -1) {
  console.log(JSON.stringify({ error: "no such column", columns: header }));
  process.exit(2);
}
const rows = lines
  .filter((line) => line[index] === equals)
  .slice(0, limit)
  .map((line) => Object.fromEntries(header.map((name, at) => [name, line[at] ?? ""])));
console.log(JSON.stringify({ rows }));
process.exitCode = rows.length === 0 ? 1 : 0;
`;

function wrap(input: TemplateInput): Template {
  const command = parseCommandTemplate(input.command ?? "");
  const example = Object.fromEntries(
    Object.entries(command.arguments).map(([name, spec]) => [name, exampleOf(spec)]),
  );
  const first = Object.keys(example)[0];
  return {
    contract: contractOf({ system: command.program }, "run", {
      description: input.description,
      argv: command.argv,
      arguments: command.arguments,
      timeoutMs: 30_000,
      output: { format: "text" },
      determinism: { promise: "none" },
    }),
    files: {},
    cases: [
      { name: "runs", arguments: example, expect: { exitCode: 0 } },
      refused(
        "a value that is not declared is refused",
        { ...example, undeclared: "x" },
        "ARGUMENT_UNKNOWN",
      ),
      first === undefined
        ? refused("another one is refused too", { other: true }, "ARGUMENT_UNKNOWN")
        : refused("a value of another type is refused", { ...example, [first]: [1] }),
    ],
  };
}

function exampleOf(spec: { readonly [key: string]: YamlData }): YamlData {
  if (spec["default"] !== undefined) return spec["default"];
  if (spec["type"] === "integer") return 1;
  if (spec["type"] === "boolean") return true;
  const values = spec["values"];
  return Array.isArray(values) ? (values[0] as YamlData) : "example";
}
