import { readdirSync } from "node:fs";
import path from "node:path";

import type { CorpusFile } from "./corpus.ts";
import { installedPackages, sizeOf, writeCorpusList } from "./corpus.ts";

/**
 * Chooses the main job's documents anew from what the lockfile installs on every platform: the largest
 * Markdown file of each package, 2 to 48 kB, no change logs or licences, packages for one platform left out.
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const limit = 140;
const platform = /linux|darwin|win32|freebsd|android|wasm|arm64|x64|openharmony/u;

const newest = new Map<string, { readonly key: string; readonly folder: string }>();
for (const [key, folder] of installedPackages(root)) {
  const name = key.slice(0, key.lastIndexOf("@"));
  const known = newest.get(name);
  const isNewer = known === undefined || byVersion(known.key, key) < 0;
  if (!platform.test(name) && isNewer) {
    newest.set(name, { key, folder });
  }
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

const files: (CorpusFile & { readonly size: number })[] = [];
for (const { key, folder } of newest.values()) {
  const documents = readdirSync(folder)
    .filter(
      (file) => /\.md$/iu.test(file) && !/change|licen|history|security|contribut/iu.test(file),
    )
    .map((file) => ({ package: key, file, size: sizeOf(path.join(folder, file)) }))
    .filter(({ size }) => size >= 2_000 && size <= 48_000)
    .sort((a, b) => b.size - a.size);
  if (documents[0] !== undefined) {
    files.push(documents[0]);
  }
}

const chosen = files.sort((a, b) => b.size - a.size).slice(0, limit);
writeCorpusList(
  chosen
    .map((entry) => ({ package: entry.package, file: entry.file }))
    .sort((a, b) => (a.package < b.package ? -1 : 1)),
);
process.stderr.write(
  `${chosen.length} files, ${chosen.reduce((sum, entry) => sum + entry.size, 0)} bytes\n`,
);
