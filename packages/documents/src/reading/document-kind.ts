import type { DocumentKind } from "../document.ts";
import { isData } from "./data-blocks.ts";

/** How a file is read, and the language when it is code. */
export interface PathKind {
  readonly kind: DocumentKind;
  readonly language?: string;
}

const markdownExtensions: ReadonlySet<string> = new Set([
  "md",
  "markdown",
  "mdown",
  "mkd",
  "mdx",
  "qmd",
  "rmd",
]);

/** Language to its extensions, the most usual first. Names are those of common syntax highlighters. */
const languageExtensions: Readonly<Record<string, string>> = {
  typescript: "ts mts cts",
  tsx: "tsx",
  javascript: "js mjs cjs",
  jsx: "jsx",
  python: "py pyi pyw",
  go: "go",
  rust: "rs",
  java: "java",
  kotlin: "kt kts",
  scala: "scala sc sbt",
  groovy: "groovy gradle",
  c: "c h",
  cpp: "cpp cc cxx hpp hh hxx ipp tpp",
  csharp: "cs csx",
  fsharp: "fs fsi fsx",
  "objective-c": "m mm",
  swift: "swift",
  ruby: "rb rake gemspec",
  php: "php phtml",
  perl: "pl pm t",
  lua: "lua",
  r: "r",
  julia: "jl",
  dart: "dart",
  elixir: "ex exs",
  erlang: "erl hrl",
  haskell: "hs lhs",
  ocaml: "ml mli",
  clojure: "clj cljs cljc edn",
  lisp: "lisp lsp el scm rkt",
  zig: "zig",
  nim: "nim",
  nix: "nix",
  bash: "sh bash zsh ksh fish",
  powershell: "ps1 psm1 psd1",
  batch: "bat cmd",
  sql: "sql",
  graphql: "graphql gql",
  protobuf: "proto",
  html: "html htm xhtml",
  vue: "vue",
  svelte: "svelte",
  astro: "astro",
  css: "css scss sass less",
  xml: "xml xsd xsl xslt svg plist",
  json: "json jsonc json5 webmanifest geojson jsonld",
  jsonl: "jsonl ndjson",
  yaml: "yaml yml",
  toml: "toml",
  ini: "ini cfg conf properties editorconfig",
  csv: "csv tsv",
  hcl: "tf hcl",
  cmake: "cmake",
  make: "mk mak",
  diff: "diff patch",
  assembly: "s asm",
  vim: "vim",
  solidity: "sol",
};

const languageOfExtension: ReadonlyMap<string, string> = new Map(
  Object.entries(languageExtensions).flatMap(([language, extensions]) =>
    extensions.split(" ").map((extension) => [extension, language] as const),
  ),
);

const languageOfName: ReadonlyMap<string, string> = new Map([
  ["makefile", "make"],
  ["gnumakefile", "make"],
  ["dockerfile", "dockerfile"],
  ["containerfile", "dockerfile"],
  ["cmakelists.txt", "cmake"],
  ["rakefile", "ruby"],
  ["gemfile", "ruby"],
  ["vagrantfile", "ruby"],
  ["jenkinsfile", "groovy"],
  ["justfile", "make"],
]);

/** Tells Markdown, data, code and text apart by the name alone; what is unknown is text. */
export function kindOfPath(path: string): PathKind {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot + 1) : "";
  if (markdownExtensions.has(extension)) {
    return { kind: "markdown" };
  }
  const language = languageOfName.get(name) ?? languageOfExtension.get(extension);
  if (language === undefined) {
    return { kind: extension === "rst" || extension === "rest" ? "rst" : "text" };
  }
  return { kind: isData(language) ? "data" : "code", language };
}
