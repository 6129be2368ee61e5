import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * The folder that skills, roots and `skills.lock` belong to: the one that is named, else the nearest
 * one from the working directory upwards that holds `skills.lock` or `skills/`. One that is found, not
 * named, must belong to this user or to root: a lock says what may run, and /tmp is everybody's.
 *
 * @throws CodedError WORKSPACE_MISSING, WORKSPACE_FOREIGN
 */
export function findWorkspace(named: string | undefined, from: string = process.cwd()): string {
  if (named !== undefined) {
    const folder = resolve(from, named);
    if (isFolder(folder)) return folder;
    throw new CodedError({
      code: "WORKSPACE_MISSING",
      message: `expected a folder at ${folder}`,
      hint: "Check the value of --workspace.",
    });
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const mark of ["skills.lock", "skills"]) {
      if (existsSync(join(folder, mark))) {
        requireOwn(folder);
        requireOwn(join(folder, mark));
        return folder;
      }
    }
    if (dirname(folder) === folder) break;
  }
  throw new CodedError({
    code: "WORKSPACE_MISSING",
    message: `expected skills.lock or skills/ in ${resolve(from)} or above it, got none`,
    hint: "Go to the folder that holds skills/, or name it: --workspace PATH",
  });
}

/** Folders of `skills/` in a workspace, sorted. */
export function skillFolders(workspace: string): readonly string[] {
  const parent = join(workspace, "skills");
  if (!isFolder(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => !entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(parent, entry.name))
    .toSorted();
}

function requireOwn(path: string): void {
  const owner = lstatSync(path).uid;
  const self = process.getuid?.();
  if (self === undefined || owner === self || owner === 0) return;
  throw new CodedError({
    code: "WORKSPACE_FOREIGN",
    message: `expected ${path} to belong to uid ${self} or root, got uid ${owner}`,
    hint: "Somebody else decides there what may run. If that is meant, name it: --workspace PATH",
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
