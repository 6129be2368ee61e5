import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/** One document of the main job: a Markdown file inside a pinned dependency. */
export interface CorpusFile {
  /** `name@version`, as the lockfile pins it. */
  readonly package: string;
  /** Path inside the package. */
  readonly file: string;
}

const listFile = path.join(import.meta.dirname, "corpus.json");

/** The fixed list: at most 150 Markdown files, written by the authors of our dependencies. */
export function readCorpusList(): readonly CorpusFile[] {
  const list: unknown = JSON.parse(readFileSync(listFile, "utf8"));
  if (!Array.isArray(list)) {
    throw new CodedError({
      code: "MAIN_JOB_CORPUS_LIST",
      message: `expected a list in ${listFile}`,
      hint: "write it again with: node scripts/main-job/write-corpus-list.ts",
    });
  }
  return list.map((entry: { package: string; file: string }) => ({
    package: entry.package,
    file: entry.file,
  }));
}

/**
 * Copies the listed files to `folder/<package>/<file>`, so that citations read well and one folder can be
 * indexed. Files that are already there with the same bytes are left alone; others are removed.
 * @returns how many files the folder holds.
 */
export function layOutCorpus(root: string, folder: string): number {
  const stores = installedPackages(root);
  const wanted = new Set<string>();
  const missing: string[] = [];
  for (const entry of readCorpusList()) {
    const source = path.join(stores.get(entry.package) ?? "", entry.file);
    if (!stores.has(entry.package) || !existsSync(source)) {
      missing.push(`${entry.package}/${entry.file}`);
      continue;
    }
    const name = entry.package.slice(0, entry.package.lastIndexOf("@"));
    const target = path.join(folder, name, entry.file);
    wanted.add(target);
    if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) {
      continue;
    }
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(source, target);
  }
  if (missing.length > 0) {
    throw new CodedError({
      code: "MAIN_JOB_CORPUS_MISSING",
      message: `expected ${missing.length} documents in node_modules that are not there, the first is ${missing[0] ?? ""}`,
      hint: "a dependency changed: write the list again with node scripts/main-job/write-corpus-list.ts",
    });
  }
  removeOthers(folder, wanted);
  return wanted.size;
}

/**
 * Folder of each installed package by `name@version`, read from pnpm's store layout. What the lockfile does
 * not name is left out: a store keeps packages of earlier lockfiles for a while.
 */
export function installedPackages(root: string): ReadonlyMap<string, string> {
  const store = path.join(root, "node_modules", ".pnpm");
  const lock = readFileSync(path.join(root, "pnpm-lock.yaml"), "utf8");
  const locked = new Set(
    Array.from(lock.matchAll(/^ {2}'?(@?[^@'\s]+@[^:'(]+)'?:$/gmu), (row) => row[1]),
  );
  const found = new Map<string, string>();
  for (const entry of readdirSync(store).sort()) {
    const match = /^(@?[^@]+)@([^_(]+)/u.exec(entry);
    if (match === null) {
      continue;
    }
    const name = (match[1] ?? "").replace("+", "/");
    const folder = path.join(store, entry, "node_modules", name);
    const key = `${name}@${match[2] ?? ""}`;
    if (locked.has(key) && !found.has(key) && existsSync(folder)) {
      found.set(key, folder);
    }
  }
  return found;
}

/** Writes the list of `files` in the order it is given. */
export function writeCorpusList(files: readonly CorpusFile[]): void {
  writeFileSync(listFile, `${JSON.stringify(files, null, 2)}\n`);
}

function removeOthers(folder: string, wanted: ReadonlySet<string>): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !file.includes(`${path.sep}.clawkeep${path.sep}`) && !wanted.has(file)) {
      rmSync(file);
    }
  }
}

/** Size in bytes; 0 for a file that is not there. */
export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
