import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { cacheFolder } from "../cache.ts";
import { openclawDocuments, runOrThrow } from "../cold-query/peers.ts";

/** Packages that carry documents which other people made, for the tests of their own programs. */
const carriers: readonly string[] = ["pdf-parse@1.1.1", "mammoth@1.13.0"];
/** The notebooks of a tool that compares notebooks; a wheel is a ZIP archive. */
const notebooks = "nbdime==4.0.2";

/** Larger files would take the time of many others. */
const largest = 4_000_000;

/** Extensions with the most files that are taken, and the fewest that there must be. */
export const wanted: Readonly<Record<string, { readonly most: number; readonly least: number }>> = {
  pdf: { most: 20, least: 5 },
  docx: { most: 20, least: 10 },
  ipynb: { most: 40, least: 20 },
  html: { most: 20, least: 10 },
  ts: { most: 10, least: 5 },
  tsx: { most: 5, least: 0 },
  js: { most: 10, least: 5 },
  py: { most: 10, least: 5 },
  go: { most: 5, least: 0 },
  rs: { most: 5, least: 0 },
  java: { most: 5, least: 0 },
  h: { most: 5, least: 0 },
  hpp: { most: 5, least: 0 },
  swift: { most: 5, least: 0 },
  css: { most: 5, least: 1 },
  sh: { most: 5, least: 1 },
  json: { most: 5, least: 5 },
  yaml: { most: 5, least: 1 },
  toml: { most: 5, least: 0 },
};

/** Lays real files of installed packages out below a folder, and says how many there are of each kind. */
export function layOutFormats(target: string, root: string): ReadonlyMap<string, number> {
  const folder = fetchCarriers();
  const counts = new Map<string, number>();
  const places = [
    folder,
    path.join(root, "node_modules", ".pnpm"),
    "/usr/share/doc",
    "/usr/include",
    "/usr/lib/python3",
  ];
  for (const place of places) {
    visit(place, 0, (file) => {
      const extension = path.extname(file).slice(1);
      const count = counts.get(extension) ?? 0;
      const most = wanted[extension]?.most ?? 0;
      if (count < most && !path.basename(file).includes(".min.") && statSync(file).size < largest) {
        counts.set(extension, count + 1);
        const name = `${String(count).padStart(2, "0")}-${path.basename(file)}`;
        mkdirSync(path.join(target, extension), { recursive: true });
        copyFileSync(file, path.join(target, extension, name));
      }
    });
  }
  return counts;
}

/** Lays the OpenClaw documentation out below a folder. */
export function layOutMarkdown(target: string): number {
  const documents = openclawDocuments();
  const names = readdirSync(documents, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".md"));
  for (const name of names) {
    mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
    copyFileSync(path.join(documents, name), path.join(target, name));
  }
  return names.length;
}

function fetchCarriers(): string {
  const folder = cacheFolder("formats");
  mkdirSync(folder, { recursive: true });
  for (const carrier of carriers) {
    const name = carrier.replace("@", "-");
    if (!existsSync(path.join(folder, name))) {
      runOrThrow("npm", ["pack", "--silent", carrier], folder);
      mkdirSync(path.join(folder, name));
      runOrThrow("tar", ["-xzf", `${name}.tgz`, "-C", name], folder);
    }
  }
  if (!existsSync(path.join(folder, "nbdime"))) {
    const pip = [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary",
      ":all:",
      notebooks,
    ];
    runOrThrow("python3", pip, folder);
    runOrThrow(
      "python3",
      ["-m", "zipfile", "-e", "nbdime-4.0.2-py3-none-any.whl", "nbdime"],
      folder,
    );
  }
  return folder;
}

/** Every file of a tree in the order of names; links are not followed. */
function visit(folder: string, depth: number, take: (file: string) => void): void {
  if (depth > 12 || !existsSync(folder)) {
    return;
  }
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      visit(file, depth + 1, take);
    } else if (entry.isFile()) {
      take(file);
    }
  }
}
