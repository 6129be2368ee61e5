import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Language, Parser } from "web-tree-sitter";

import { Refusal } from "../child/refusal.ts";
import { grammars } from "./grammar-names.ts";

const loaded = new Map<string, Parser>();
let started: Promise<void> | undefined;

/** The parser of a language. Each grammar is loaded when the first file in it comes. */
export async function parserOf(language: string): Promise<Parser> {
  const known = loaded.get(language);
  if (known !== undefined) {
    return known;
  }
  const grammar = grammars.get(language);
  const file =
    grammar === undefined ? undefined : find(`${grammar.package}/package.json`, grammar.file);
  const runtime = find("web-tree-sitter", "tree-sitter.wasm");
  if (file === undefined || runtime === undefined) {
    throw new Refusal("DOCUMENT_NO_GRAMMAR", `the grammar of ${language} is not installed`);
  }
  started ??= Parser.init({ locateFile: () => runtime });
  await started;
  const parser = new Parser();
  parser.setLanguage(await Language.load(file));
  loaded.set(language, parser);
  return parser;
}

/** A file in the folder `grammars` beside a bundle, or else in the package that it comes with. */
function find(module: string, file: string): string | undefined {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const bundled = path.join(here, "grammars", path.basename(file));
  if (existsSync(bundled)) {
    return bundled;
  }
  try {
    const main = createRequire(import.meta.url).resolve(module);
    return path.join(path.dirname(main), file);
  } catch {
    return undefined;
  }
}
