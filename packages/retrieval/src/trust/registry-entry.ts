import { readFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { canonicalJson, isDigest } from "@clawkeep/integrity";

import { isIndexId } from "../snapshot/snapshot-json.ts";

/** What this user's registry knows of one index that was made here: `<registry>/<indexId>.json`. */
export interface RegistryEntry {
  readonly format: 1;
  readonly indexId: string;
  /** Absolute path of the index folder when it was last written. */
  readonly path: string;
  /** Absolute path of the folder that it indexes. */
  readonly workspace: string;
  /** Roots that may be answered from: the published one, and the next one while it is being published. */
  readonly snapshotRoots: readonly Digest[];
}

/** Where an entry lies. `indexId` must have passed `isIndexId`: it becomes a file name. */
export function registryFile(registry: string, indexId: string): string {
  return path.join(registry, `${indexId}.json`);
}

/** The bytes of an entry's file. */
export function formatRegistryEntry(entry: RegistryEntry): string {
  return `${canonicalJson({
    format: entry.format,
    indexId: entry.indexId,
    path: entry.path,
    snapshotRoots: [...entry.snapshotRoots],
    workspace: entry.workspace,
  })}\n`;
}

/**
 * The entry of an index, or undefined when the registry has none.
 *
 * @throws CodedError `REGISTRY_READ` when there is one that cannot be read or has another shape.
 */
export function readRegistryEntry(registry: string, indexId: string): RegistryEntry | undefined {
  const file = registryFile(registry, indexId);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw unreadable(file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, error);
  }
  const entry = entryOf(value);
  if (entry === undefined || entry.indexId !== indexId) {
    throw unreadable(file, "another shape than a registry entry");
  }
  return entry;
}

function entryOf(value: unknown): RegistryEntry | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const [indexId, folder] = [fields.get("indexId"), fields.get("path")];
  const [workspace, roots] = [fields.get("workspace"), fields.get("snapshotRoots")];
  if (
    fields.get("format") !== 1 ||
    !isIndexId(indexId) ||
    typeof folder !== "string" ||
    typeof workspace !== "string" ||
    !Array.isArray(roots) ||
    !roots.every(isDigest)
  ) {
    return undefined;
  }
  return { format: 1, indexId, path: folder, workspace, snapshotRoots: roots };
}

function unreadable(file: string, cause: unknown): CodedError {
  return new CodedError({
    code: "REGISTRY_READ",
    message: `expected a registry entry in ${file}`,
    hint: "delete that file and index the folder again",
    cause,
  });
}
