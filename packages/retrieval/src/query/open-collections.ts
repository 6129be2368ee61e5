import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { canonicalJson, digestBytes } from "@clawkeep/integrity";
import type { ChunkRow } from "@clawkeep/segment";

import type { FileTimes } from "../snapshot/file-times.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { IndexTrust } from "../trust/require-trust.ts";
import type { Index, IndexPart, OpenIndexOptions } from "./open-index.ts";
import { openIndex } from "./open-index.ts";
import type { Searchable, SearchedCollection } from "./searchable.ts";

/** One index of those that are searched, and why it may be. */
export interface IndexPlace {
  /** What citations call it; required when there are several. */
  readonly name?: string;
  readonly folder: string;
  /** Its own: what makes one index trusted says nothing about another. */
  readonly trust: IndexTrust;
  /** Folders and files inside its workspace; default all. */
  readonly scopes?: readonly string[];
}

interface Member {
  readonly index: Index;
  readonly collection: SearchedCollection;
}

/** Several published snapshots, open, searched as one: the keyword leg with their statistics summed. */
export class Collections implements Searchable {
  readonly collections: readonly SearchedCollection[];
  readonly parts: readonly IndexPart[];
  readonly snapshotRoot: Digest;
  readonly #members: readonly Member[];
  /** For each segment its index and the segment's number there. */
  readonly #places: readonly { readonly member: Member; readonly segment: number }[];

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.collections = members.map(({ collection }) => collection);
    this.parts = members.flatMap(({ index }) => index.parts);
    this.#places = members.flatMap((member) =>
      member.index.parts.map((_, segment) => ({ member, segment })),
    );
    this.snapshotRoot = collectionsRoot(this.collections);
  }

  get snapshots(): readonly Snapshot[] {
    return this.#members.map(({ index }) => index.snapshot);
  }

  get vectors(): string | undefined {
    return this.collections.find(({ vectors }) => vectors !== undefined)?.vectors;
  }

  /** The index of a collection. */
  indexOf(name: string): Index | undefined {
    return this.#members.find(({ collection }) => collection.name === name)?.index;
  }

  collectionOf(segment: number): SearchedCollection | undefined {
    return this.#places[segment]?.member.collection;
  }

  /** @throws CodedError `INDEX_TIMES`. */
  timesOf(segment: number): FileTimes {
    return this.#at(segment).member.index.times();
  }

  row({ segment, chunk }: { readonly segment: number; readonly chunk: number }): ChunkRow {
    const place = this.#at(segment);
    return place.member.index.row({ segment: place.segment, chunk });
  }

  /** False once one of them was published anew. */
  isCurrent(): boolean {
    return this.#members.every(({ index }) => index.isCurrent());
  }

  close(): void {
    this.#members.forEach(({ index }) => index.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #at(segment: number): { readonly member: Member; readonly segment: number } {
    const place = this.#places[segment];
    if (place === undefined) {
      throw new RangeError(`no segment ${segment}`);
    }
    return place;
  }
}

/**
 * The root that names the content of several indexes together: a digest over name and snapshot root of
 * each, by name.
 */
export function collectionsRoot(
  collections: readonly { readonly name: string; readonly snapshotRoot: Digest }[],
): Digest {
  const named = collections
    .map(({ name, snapshotRoot }) => ({ name, snapshotRoot }))
    .toSorted(({ name: a }, { name: b }) => (a < b ? -1 : a > b ? 1 : 0));
  return digestBytes(canonicalJson(named), "clawkeep collections v1");
}

/**
 * Opens the indexes that a query is asked of. One without a name is that index alone; otherwise they are
 * searched as one, in the order of their names, so that nothing depends on the order they are given in.
 *
 * @throws CodedError as `openIndex`; `COLLECTION_TWICE` when a name or an index is there twice.
 */
export function openIndexes(
  places: readonly IndexPlace[],
  spaceId: string,
  options: OpenIndexOptions = {},
): Index | Collections {
  const [only] = places;
  if (only !== undefined && places.length === 1 && only.name === undefined) {
    return openIndex(only.folder, only.trust, spaceId, options);
  }
  const members: Member[] = [];
  try {
    for (const { name = "", folder, trust, scopes = [] } of places.toSorted(byName)) {
      const index = openIndex(folder, trust, spaceId, options);
      const { snapshotRoot, indexId, documents, chunks } = index.snapshot;
      const twice = members.find(
        (other) => other.collection.name === name || other.index.snapshot.indexId === indexId,
      );
      if (twice !== undefined) {
        index.close();
        throw refusedTwice(twice.collection.name, name);
      }
      const { vectors } = index;
      const collection = { name, scopes, snapshotRoot, documents, chunks, vectors };
      members.push({ index, collection });
    }
    return new Collections(members);
  } catch (error) {
    members.forEach(({ index }) => index.close());
    throw error;
  }
}

function byName({ name: a = "" }: IndexPlace, { name: b = "" }: IndexPlace): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refusedTwice(first: string, second: string): CodedError {
  return new CodedError({
    code: "COLLECTION_TWICE",
    message: `expected different indexes under different names, got ${escapeForTerminal(first)} and ${escapeForTerminal(second)}`,
    hint: "name each index once; --scope narrows a question to some of its folders",
  });
}
