import { createRequire } from "node:module";
import path from "node:path";

import { grammars } from "./grammar-names.ts";

/**
 * The WebAssembly files that reading code takes, for a bundle that carries them beside itself.
 *
 * @param from A file of the package that depends on them.
 */
export function grammarFiles(from: string): readonly string[] {
  const require = createRequire(path.resolve(from));
  const folderOf = (module: string): string => path.dirname(require.resolve(module));
  const files = [...grammars.values()].map((grammar) =>
    path.join(folderOf(`${grammar.package}/package.json`), grammar.file),
  );
  return [path.join(folderOf("web-tree-sitter"), "tree-sitter.wasm"), ...new Set(files)];
}
