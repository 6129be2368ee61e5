import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { CollectionDocument } from "./read-collection.ts";

/**
 * Writes one Markdown file a document (`# title`, a blank line, the text), named by its place in the
 * corpus, so that equal scores keep that order. The names are as short as that allows: a document without a
 * title is embedded with its name for one. Answers the document's id of each file.
 */
export function layOutCollection(
  documents: readonly CollectionDocument[],
  folder: string,
): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  const ids = new Map<string, string>();
  const width = String(documents.length - 1).length;
  for (const [place, { id, title, text }] of documents.entries()) {
    const name = `${String(place).padStart(width, "0")}.md`;
    writeFileSync(path.join(folder, name), `# ${title}\n\n${text}\n`);
    ids.set(name, id);
  }
  return ids;
}
