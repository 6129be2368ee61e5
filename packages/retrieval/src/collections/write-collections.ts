import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, lockFile, replaceFile } from "@clawkeep/durable-files";
import { canonicalJson } from "@clawkeep/integrity";

import type { NamedCollection } from "./read-collections.ts";
import { collectionsFile, nameForm, readCollections } from "./read-collections.ts";

/**
 * Names an index, or replaces what had the name.
 *
 * @throws CodedError `COLLECTION_NAME`, `COLLECTIONS_READ`; those of `durable-files`.
 */
export async function addCollection(
  registry: string,
  name: string,
  collection: NamedCollection,
): Promise<void> {
  if (!nameForm.test(name)) {
    throw new CodedError({
      code: "COLLECTION_NAME",
      message: `expected a name of a-z, 0-9, ".", "_" and "-", at most 64, got ${escapeForTerminal(name.slice(0, 80))}`,
      hint: "such as notes or team-wiki",
    });
  }
  await change(registry, (collections) => collections.set(name, collection));
}

/** Takes a name away; the index stays. False when there was none. */
export async function removeCollection(registry: string, name: string): Promise<boolean> {
  let isThere = false;
  await change(registry, (collections) => {
    isThere = collections.delete(name);
  });
  return isThere;
}

async function change(
  registry: string,
  edit: (collections: Map<string, NamedCollection>) => void,
): Promise<void> {
  await ensurePrivateFolder(registry);
  using _lock = await lockFile(path.join(registry, "collections.lock"));
  const collections = new Map(readCollections(registry));
  edit(collections);
  const text = canonicalJson({
    format: 1,
    collections: Object.fromEntries(
      [...collections].map(([name, { index, scopes }]) => [name, { index, scopes: [...scopes] }]),
    ),
  });
  await replaceFile(collectionsFile(registry), `${text}\n`, { mode: 0o600 });
}
