import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import type { IndexPlace } from "@clawkeep/retrieval";
import { currentSnapshot, readCollections } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textsOf } from "../arguments/parse-flags.ts";
import { onePlace, registryPlace, rootOf } from "./index-place.ts";

/**
 * The indexes that options name: by `--index`, by `--collection`, or the default one. One alone has no name;
 * several are called what the registry of collections calls them, or after the folder that they index.
 *
 * @throws CodedError `USAGE`, `COLLECTION_UNKNOWN`, `COLLECTIONS_READ`.
 */
export function indexPlaces(options: RawOptions, base: string): readonly IndexPlace[] {
  const [folders, wanted] = [textsOf(options, "index"), textsOf(options, "collection")];
  const one = onePlace(options, base);
  if (one !== undefined) return one;
  const registry = registryPlace(options);
  const known = wanted.length === 0 ? new Map() : readCollections(registry);
  const places: IndexPlace[] = [...new Set(wanted)].map((name): IndexPlace => {
    const entry = known.get(name);
    if (entry === undefined) {
      throw new CodedError({
        code: "COLLECTION_UNKNOWN",
        message: `expected the name of a collection, got ${escapeForTerminal(name.slice(0, 80))}`,
        hint: "local-rag collection list shows them; local-rag collection add NAME makes one",
      });
    }
    const { index, scopes } = entry;
    return { name, folder: index, scopes, trust: ownTrust(options, index) };
  });
  const taken = new Set(wanted);
  for (const each of folders) {
    const folder = path.resolve(each);
    const name = freeName(nameOf(folder), taken);
    taken.add(name);
    places.push({ name, folder, trust: ownTrust(options, folder) });
  }
  return places;
}

/** A root that somebody names is trusted wherever it lies; an index without one needs the registry. */
function ownTrust(options: RawOptions, folder: string): IndexPlace["trust"] {
  const roots = textsOf(options, "trust-index").map(rootOf);
  const root = roots.length === 0 ? undefined : currentSnapshot(folder)?.snapshotRoot;
  return root !== undefined && roots.includes(root)
    ? { snapshotRoot: root }
    : { registry: registryPlace(options) };
}

/** The folder above `.clawkeep/index`, or the index folder's own name. */
function nameOf(folder: string): string {
  const parts = folder.split(path.sep).filter((part) => part !== "");
  const isDefault = parts.at(-1) === "index" && parts.at(-2) === ".clawkeep";
  return (isDefault ? parts.at(-3) : parts.at(-1)) ?? "index";
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) {
    free = `${name}-${count}`;
  }
  return free;
}
