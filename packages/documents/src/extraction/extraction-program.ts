import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A program for a child process, and what of this machine it has to see. */
export interface ExtractionProgram {
  /** Absolute path of the module that Node starts. */
  readonly entry: string;
  /** Absolute folders, without links, that hold the program and its libraries. */
  readonly folders: readonly string[];
}

/** Libraries of the program; a bundle has them inside. */
const libraries: readonly string[] = [
  "@vscode/tree-sitter-wasm/package.json",
  "fflate",
  "parse5",
  "postal-mime",
  "sax",
  "tree-sitter-wasms/package.json",
  "unpdf",
  "web-tree-sitter",
];

/**
 * The program that ships with this package: beside this file when it is bundled, its source otherwise.
 * @returns undefined when it is not there.
 */
export function extractionProgram(): ExtractionProgram | undefined {
  const here = fileURLToPath(import.meta.url);
  const entry = here.endsWith(".ts")
    ? path.join(path.dirname(here), "child", "main.ts")
    : path.join(path.dirname(here), "extractor.js");
  return existsSync(entry) ? { entry, folders: foldersOf(entry) } : undefined;
}

/** The folder of the program's package, or of the bundle, and those that its libraries lie in. */
export function foldersOf(entry: string): readonly string[] {
  const real = realpathSync(entry);
  const require = createRequire(real);
  const folders = new Set([ownFolder(real)]);
  for (const name of libraries) {
    try {
      folders.add(outermostModules(realpathSync(require.resolve(name))));
    } catch {
      // Inside the bundle, or missing: then its kind of file is refused, with a finding.
    }
  }
  return [...folders].filter(
    (folder) => ![...folders].some((other) => folder.startsWith(`${other}${path.sep}`)),
  );
}

/** The package around a source or built file; a bundle's own folder when that is all there is. */
function ownFolder(entry: string): string {
  for (let folder = path.dirname(entry); path.dirname(folder) !== folder;) {
    if (existsSync(path.join(folder, "package.json"))) {
      return folder;
    }
    folder = path.dirname(folder);
  }
  return path.dirname(entry);
}

function outermostModules(file: string): string {
  const mark = `${path.sep}node_modules${path.sep}`;
  const at = file.indexOf(mark);
  return at === -1 ? path.dirname(file) : file.slice(0, at + mark.length - 1);
}
