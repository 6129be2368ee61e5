import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** Name of the file in `dist` that has the licences of everything in there that others wrote. */
export const noticesFile = "THIRD-PARTY-NOTICES.txt";

/** A package whose files are in the program. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly texts: readonly string[];
}

/** Parts of packages that come from somewhere else and have no package of their own. */
const within: Readonly<Record<string, string>> = {
  unpdf:
    "Holds a build of PDF.js. Copyright Mozilla Foundation and contributors, Apache-2.0:\n" +
    "https://github.com/mozilla/pdf.js. The text of that licence stands under\n" +
    "@modelcontextprotocol/core.",
  "tree-sitter-wasms":
    "Holds grammars of the tree-sitter projects, compiled to WebAssembly, each under the MIT\n" +
    "licence of its own repository: https://github.com/tree-sitter, https://github.com/tree-sitter-grammars.",
};

/** What is in `dist` and no JavaScript package. */
const native = `The Rust standard library (in the native engine and the sandbox launcher)
License: MIT OR Apache-2.0
Copyright The Rust Project contributors: https://github.com/rust-lang/rust

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT,
TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;

const line = "=".repeat(80);

/**
 * The notices of all packages that the files come from, with the text of each licence.
 *
 * @param files What was bundled or copied: absolute paths. Our own packages are left out.
 * @throws when a package has no text of a licence: its terms have to be looked up before it is shipped
 */
export function thirdPartyNotices(files: Iterable<string>): string {
  const packages = new Map<string, BundledPackage>();
  for (const file of files) {
    const folder = packageFolder(file);
    if (folder !== undefined && !packages.has(folder)) {
      packages.set(folder, readPackage(folder));
    }
  }
  const sorted = [...packages.values()].toSorted((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
  const entries = sorted.map(({ name, version, licence, texts }) =>
    [
      `${name} ${version}`,
      `License: ${licence}`,
      ...(within[name] === undefined ? [] : [within[name]]),
      "",
      ...texts,
    ].join("\n"),
  );
  return [
    "local-rag holds code of others, under these licences.\n",
    ...[...entries, native].map((entry) => `${line}\n${entry.trimEnd()}\n`),
  ].join("\n");
}

/** The folder of the package in `node_modules` that a file is in. */
function packageFolder(file: string): string | undefined {
  const parts = file.split(path.sep);
  const at = parts.lastIndexOf("node_modules");
  const isScoped = parts[at + 1]?.startsWith("@") === true;
  return at < 0 ? undefined : parts.slice(0, at + (isScoped ? 3 : 2)).join(path.sep);
}

function readPackage(folder: string): BundledPackage {
  const manifest = path.join(folder, "package.json");
  const { name, version, license } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const texts = readdirSync(folder)
    .filter((entry) => /^(?:licen[cs]e|notice|copying)(?:[.-][\w.-]*)?$/iu.test(entry))
    .map((entry) => path.join(folder, entry))
    .filter((entry) => existsSync(entry) && statSync(entry).isFile())
    .toSorted()
    .map((entry) => readFileSync(entry, "utf8").replaceAll("\r\n", "\n").trim());
  if (license === undefined || texts.length === 0) {
    throw new Error(`${name} ${version} is bundled and brings no text of its licence`);
  }
  return { name, version, licence: license, texts };
}
