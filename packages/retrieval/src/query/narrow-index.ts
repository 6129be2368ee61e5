import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import type { Bitset } from "@clawkeep/segment";
import { createBitset } from "@clawkeep/segment";

import type { Narrowing } from "./narrow.ts";
import { isNarrow, narrow } from "./narrow.ts";
import type { QueryOptions } from "./query-options.ts";
import type { Searchable } from "./searchable.ts";

/** The chunks of one segment that meet the conditions. */
export interface Allowed {
  readonly set: Bitset;
  readonly length: number;
}

/**
 * The collections that are asked; undefined for all.
 *
 * @throws CodedError `COLLECTION_UNKNOWN`.
 */
export function wantedCollections(
  { collections }: Searchable,
  { collections: wanted = [] }: QueryOptions,
): ReadonlySet<string> | undefined {
  const unknown = wanted.find((name) => !collections.some((known) => known.name === name));
  if (unknown !== undefined) {
    throw new CodedError({
      code: "COLLECTION_UNKNOWN",
      message: `expected one of the collections that are open here, got ${escapeForTerminal(unknown.slice(0, 80))}`,
      hint:
        collections.length === 0
          ? "one index without a name is asked here"
          : `they are ${collections.map(({ name }) => escapeForTerminal(name)).join(", ")}`,
    });
  }
  return wanted.length === 0 ? undefined : new Set(wanted);
}

/** The chunks that may be found, for each segment; undefined when all may. */
export function narrowIndex(
  index: Searchable,
  narrowing: Narrowing,
  wanted: ReadonlySet<string> | undefined,
): readonly Allowed[] | undefined {
  const hasScopes = index.collections.some(({ scopes }) => scopes.length > 0);
  if (!isNarrow(narrowing) && !hasScopes && wanted === undefined) {
    return undefined;
  }
  return index.parts.map((part, segment) => {
    const { name = "", scopes = [] } = index.collectionOf(segment) ?? {};
    if (wanted?.has(name) === false) {
      return { set: createBitset(part.table.chunkCount), length: part.table.chunkCount };
    }
    const timeOf = (path: string, digest: string): number | undefined => {
      const known = index.timesOf(segment).get(path);
      return known?.digest === digest ? known.mtimeMs : undefined;
    };
    const asked = narrow(part, narrowing, timeOf);
    const within =
      scopes.length === 0 ? undefined : narrow(part, { conditions: [], scopes }, timeOf);
    const set =
      within === undefined ? asked : asked.map((word, place) => word & (within[place] ?? 0));
    const living = part.deleted === undefined ? set : withoutDeleted(set, part.deleted);
    return { set: living, length: part.table.chunkCount };
  });
}

function withoutDeleted(set: Bitset, deleted: Bitset): Bitset {
  return set.map((word, place) => word & ~(deleted[place] ?? 0));
}
