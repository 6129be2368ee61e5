import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { describeEngine } from "@clawkeep/vector-index";
import type { EngineDescription } from "@clawkeep/vector-index";

import { openCatalog } from "../catalog/catalog.ts";
import { forgottenPatterns } from "../forgetting/forget-list.ts";
import { catalogFile } from "../ingest/identify-index.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { snapshotFile } from "../snapshot/snapshot.ts";
import { vectorsProgress } from "../snapshot/vectors-state.ts";
import type { IndexTrust } from "../trust/require-trust.ts";
import { isTrusted } from "../trust/require-trust.ts";

/** What an index folder holds, without opening a segment. */
export interface IndexStatus {
  /** Absent when nothing was published. */
  readonly snapshot?: Snapshot;
  readonly trusted: boolean;
  /** Folder that the index was made of, when the catalog may be read. */
  readonly workspace?: string;
  /** `building 42%` while the index answers by keywords, because its vectors are being made. */
  readonly vectors?: string;
  /** Bytes of all files of the index folder. */
  readonly bytes: number;
  /** True when a run was ended before it was done; the next one goes on. */
  readonly interrupted: boolean;
  /** Patterns of what was forgotten and stays out, when the catalog may be read. */
  readonly forgotten: readonly string[];
  /** Findings of the last run, files that it refused among them, counted by code, when the catalog may be read. */
  readonly findings: Readonly<Record<string, number>>;
  /** When the snapshot was published, in milliseconds since 1970; absent without one. */
  readonly publishedMs?: number;
  /** What searches vectors in this process. */
  readonly engine: EngineDescription;
}

/** Says what an index folder holds. Needs no model, and works on a read-only folder. */
export function indexStatus(folder: string, trust: IndexTrust): IndexStatus {
  const snapshot = readSnapshot(folder);
  const trusted = snapshot !== undefined && isTrusted(snapshot, trust);
  const vectors =
    snapshot === undefined ? undefined : vectorsProgress(folder, snapshot.snapshotRoot);
  return {
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(vectors === undefined ? {} : { vectors }),
    trusted,
    bytes: folderBytes(folder),
    ...publishedAt(folder),
    engine: describeEngine(),
    // The catalog of an index that was not made here is never opened.
    ...(trusted && trust.registry !== undefined ? readCatalogFacts(folder) : nothingKnown),
  };
}

const nothingKnown = { interrupted: false, forgotten: [], findings: {} };

function publishedAt(folder: string): { readonly publishedMs?: number } {
  const found = statSync(path.join(folder, snapshotFile), { throwIfNoEntry: false });
  return found === undefined ? {} : { publishedMs: Math.round(found.mtimeMs) };
}

function readCatalogFacts(
  folder: string,
): Pick<IndexStatus, "workspace" | "interrupted" | "forgotten" | "findings"> {
  const file = path.join(folder, catalogFile);
  if (!existsSync(file)) {
    return nothingKnown;
  }
  try {
    using catalog = openCatalog(file, { readOnly: true });
    const workspace = catalog.fact("workspace");
    return {
      interrupted: catalog.fact("job") !== undefined,
      forgotten: forgottenPatterns(catalog),
      findings: Object.fromEntries(catalog.findingCounts()),
      ...(workspace === undefined ? {} : { workspace }),
    };
  } catch {
    // Another user's catalog, or one that is being written: it only adds to what is known.
    return nothingKnown;
  }
}

function folderBytes(folder: string): number {
  if (!existsSync(folder)) {
    return 0;
  }
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      bytes +=
        statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return bytes;
}
