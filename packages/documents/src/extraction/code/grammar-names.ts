/** Where the grammar of a language is: a package that ships it as WebAssembly, and its file there. */
export interface Grammar {
  readonly package: "@vscode/tree-sitter-wasm" | "tree-sitter-wasms";
  readonly file: string;
}

const vscode = (name: string): Grammar => ({
  package: "@vscode/tree-sitter-wasm",
  file: `wasm/tree-sitter-${name}.wasm`,
});
const wasms = (name: string): Grammar => ({
  package: "tree-sitter-wasms",
  file: `out/tree-sitter-${name}.wasm`,
});

/** Languages of `kindOfPath` to their grammars. SQL has none that works; its statements are cut by hand. */
export const grammars: ReadonlyMap<string, Grammar> = new Map([
  ["typescript", vscode("typescript")],
  ["tsx", vscode("tsx")],
  ["javascript", vscode("javascript")],
  ["jsx", vscode("javascript")],
  ["python", vscode("python")],
  ["go", vscode("go")],
  ["rust", vscode("rust")],
  ["java", vscode("java")],
  ["kotlin", wasms("kotlin")],
  ["c", wasms("c")],
  ["cpp", vscode("cpp")],
  ["csharp", vscode("c-sharp")],
  ["ruby", vscode("ruby")],
  ["php", vscode("php")],
  ["swift", wasms("swift")],
  ["scala", wasms("scala")],
  ["lua", wasms("lua")],
  ["bash", vscode("bash")],
  ["css", vscode("css")],
  ["elixir", wasms("elixir")],
]);

/** True for a language whose functions and classes can be told. */
export function hasGrammar(language: string): boolean {
  return grammars.has(language);
}
