import { stateHome } from "@clawkeep/durable-files";
import type { SocketPlace } from "@clawkeep/service";
import { socketPlace } from "@clawkeep/service";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, textsOf } from "../arguments/parse-flags.ts";
import { onePlace, registryPlace } from "./index-place.ts";
import { sha256Hex } from "./sha256.ts";

/** What decides which indexes are served, and why they are trusted: all of it is fixed when a service starts. */
export interface ServedIndex {
  readonly folders: readonly string[];
  /** The same as flags, for a service and its worker. */
  readonly flags: readonly string[];
  readonly place: SocketPlace;
}

/**
 * The indexes that options name, and the place of their service. Other indexes, scopes, another registry,
 * trusted root or model have another place: a service never answers for something else than it was started for.
 */
export async function servedIndex(options: RawOptions, cwd: string): Promise<ServedIndex> {
  // What knows of collections is a program of its own: a question to one index has no time for it.
  const places =
    onePlace(options, cwd) ?? (await import("./index-places.ts")).indexPlaces(options, cwd);
  const collections = textsOf(options, "collection");
  const flags = [
    ...collections.flatMap((name) => ["--collection", name]),
    // Those behind the collections were named by their folders.
    ...places.slice(new Set(collections).size).flatMap(({ folder }) => ["--index", folder]),
    ...["--registry", registryPlace(options)],
    ...textsOf(options, "trust-index").flatMap((root) => ["--trust-index", root]),
  ];
  const model = textOf(options, "model");
  if (model !== undefined) flags.push("--model", model);
  const named = places.map(({ name = "", folder, scopes = [] }) => [name, folder, ...scopes]);
  const fixed = JSON.stringify([flags, named]);
  const digest = sha256Hex(fixed);
  const place = socketPlace(stateHome(process.env), `rag-${digest.slice(0, 24)}`);
  return { folders: places.map(({ folder }) => folder), flags, place };
}
