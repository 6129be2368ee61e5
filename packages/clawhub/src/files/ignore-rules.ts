import { join } from "node:path";

import { openRegularFile, readFully } from "@clawkeep/durable-files";
import ignore from "ignore";

/** What one ignore file may have that is read. */
const maxBytes = 1_048_576;

/**
 * The rules by which the registry's CLI leaves files out: its own four folders, then the lines of
 * `.gitignore`, `.clawhubignore` and `.clawdhubignore` of the skill folder (not of folders in it), one
 * list in that order, case folded as its library does.
 */
export async function readIgnoreRules(folder: string): Promise<(path: string) => boolean> {
  const rules = ignore();
  rules.add([".git/", "node_modules/", ".clawhub/", ".clawdhub/"]);
  for (const name of [".gitignore", ".clawhubignore", ".clawdhubignore"]) {
    const text = await readRules(join(folder, name));
    if (text !== undefined) rules.add(text.split(/\r?\n/u));
  }
  return (path) => rules.ignores(path);
}

async function readRules(path: string): Promise<string | undefined> {
  const handle = await openRegularFile(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    return Buffer.from(await readFully(handle, 0, maxBytes)).toString("utf8");
  } finally {
    await handle.close();
  }
}
