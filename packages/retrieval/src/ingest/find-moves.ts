import { lstatSync } from "node:fs";
import path from "node:path";

import type { CatalogDocument } from "../catalog/catalog-document.ts";

type Known = Omit<CatalogDocument, "chunks">;

/** Files of the last run that may lie elsewhere by now. */
export interface Moves {
  /**
   * The path that a file came from, when it is the same file, or holds the same bytes, and reads the
   * same at its new path. Each is given once.
   *
   * @param mark The file's hint, or its digest.
   */
  readonly from: (file: string, mark: string) => string | undefined;
}

/**
 * Finds where a new path came from, so that a renamed folder costs a look at the times of its files,
 * and a moved file no extraction. A document depends on its bytes and its name; where its title was
 * made from the folder's name, that must be the same, too. One with findings is read again: they name
 * its path.
 *
 * @param isTaken Whether this walk has met a path already.
 */
export function findMoves(
  workspace: string,
  known: ReadonlyMap<string, Known>,
  isTaken: (file: string) => boolean,
): Moves {
  const places = new Map<string, string[]>();
  for (const [file, { digest, findings, hint }] of known) {
    if (findings.length === 0) {
      for (const mark of hint === null ? [digest] : [digest, hint]) {
        const key = keyOf(file, mark);
        const others = places.get(key);
        if (others === undefined) {
          places.set(key, [file]);
        } else {
          others.push(file);
        }
      }
    }
  }
  const given = new Set<string>();
  return {
    from: (file, mark) => {
      if (known.has(file)) {
        return undefined;
      }
      const found = places
        .get(keyOf(file, mark))
        ?.find(
          (other) =>
            !given.has(other) &&
            !isTaken(other) &&
            keepsTitle(other, file, known.get(other)?.title ?? "") &&
            isGone(path.join(workspace, other)),
        );
      if (found !== undefined) {
        given.add(found);
      }
      return found;
    },
  };
}

function keyOf(file: string, mark: string): string {
  return `${mark} ${path.posix.basename(file)}`;
}

function keepsTitle(from: string, to: string, title: string): boolean {
  const folderOf = (file: string): string => path.posix.basename(path.posix.dirname(file));
  const stem = path.posix.parse(from).name;
  return folderOf(from) === folderOf(to) || !title.includes(stem);
}

function isGone(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    // Something on the way to it is no folder any more.
    return true;
  }
}
