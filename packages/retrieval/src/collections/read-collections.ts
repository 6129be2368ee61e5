import { readFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/** A name for an index, or for some of its folders. It says where to look, and nothing about trust. */
export interface NamedCollection {
  /** Absolute path of the index folder. */
  readonly index: string;
  /** Folders and files inside its workspace; empty for all. */
  readonly scopes: readonly string[];
}

/** The collections of a registry, in the order of their names. */
export type NamedCollections = ReadonlyMap<string, NamedCollection>;

/** What a collection may be called. */
export const nameForm: RegExp = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/u;

/** `collections.json` of a registry folder. */
export function collectionsFile(registry: string): string {
  return path.join(registry, "collections.json");
}

/**
 * The collections that a registry names; none when it has no such file.
 *
 * @throws CodedError `COLLECTIONS_READ` when the file cannot be read or has another shape.
 */
export function readCollections(registry: string): NamedCollections {
  const file = collectionsFile(registry);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      return new Map();
    }
    throw unreadable(file, cause);
  }
  const fields = fieldsOf(value);
  const entries = fieldsOf(fields?.get("collections"));
  if (fields?.get("format") !== 1 || entries === undefined) {
    throw unreadable(file, "another shape");
  }
  const found = [...entries].map(([name, entry]): readonly [string, NamedCollection] => {
    const members = fieldsOf(entry);
    const [index, scopes] = [members?.get("index"), members?.get("scopes")];
    if (
      !nameForm.test(name) ||
      typeof index !== "string" ||
      !path.isAbsolute(index) ||
      !Array.isArray(scopes) ||
      !scopes.every((scope) => typeof scope === "string")
    ) {
      throw unreadable(file, `another shape of ${JSON.stringify(name)}`);
    }
    return [name, { index, scopes }];
  });
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map<string, unknown>(Object.entries(value))
    : undefined;
}

function unreadable(file: string, cause: unknown): CodedError {
  return new CodedError({
    code: "COLLECTIONS_READ",
    message: `expected the names of collections in ${file}`,
    hint: "delete that file and add them again",
    cause,
  });
}
