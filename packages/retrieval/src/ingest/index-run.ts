import type { Finding } from "@clawkeep/diagnostics";
import type { ExtractorOptions, WalkedFolder } from "@clawkeep/documents";
import type { FaultHook } from "@clawkeep/durable-files";
import type { Embedder } from "@clawkeep/embedder";
import type { Digest } from "@clawkeep/integrity";

import type { Catalog } from "../catalog/catalog.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { IndexIdentity } from "./identify-index.ts";
import type { IndexProgress } from "./index-progress.ts";
import type { SegmentLayout } from "./plan-segments.ts";
import type { FolderModes } from "./prepare-folder.ts";
import type { Scan } from "./scan-workspace.ts";

/** The embedding model of an index. */
export interface IndexModel {
  /** Names the space of its vectors; known without opening it. */
  readonly spaceId: string;
  /**
   * Opens it. Called only when something has to be cut or embedded, once a run; closed by the run as
   * soon as nothing is left to embed, so that its memory is free for what follows.
   */
  readonly open: () => Promise<Embedder>;
}

/** What {@link indexFolder} can be told besides the four things it needs. */
export interface IndexOptions {
  /** Workspace-relative paths to index instead of everything below the workspace. */
  readonly list?: readonly string[];
  /** Read every file again, whatever its size and times say. Default false. */
  readonly rehash?: boolean;
  /** What bounds the child process that reads PDFs, office files and code. */
  readonly reader?: ExtractorOptions;
  /** Let other users of the machine read the index (folders 0755, files 0644). Default false. */
  readonly shared?: boolean;
  readonly onProgress?: (progress: IndexProgress) => void;
  /** Told of each folder just before it is listed; without `list` only. */
  readonly onFolder?: (folder: WalkedFolder) => void;
  /** Stops the run; what was embedded is kept, the published index stays. */
  readonly signal?: AbortSignal;
  /** How long to wait for another writer, in milliseconds. Default 0. */
  readonly waitMs?: number;
  /**
   * A new index answers by keywords while its vectors are made, when this many passages have none.
   * Default 512.
   */
  readonly keywordsFirst?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Awaited before each piece of work: what keeps to a share of the processors sleeps in it. */
  readonly pace?: () => Promise<void>;
  /**
   * Write everything into new segments, so that nothing of what was deleted stays in a file of the
   * index, also when nothing changed. Default false: that happens little by little.
   */
  readonly compact?: boolean;
  /** Bytes of memory to keep to: a finding says when building a graph takes more. */
  readonly memory?: number;
  /** How the index is spread over segments. For tests. */
  readonly layout?: SegmentLayout;
  /** For tests: told of each step that changes the disk. */
  readonly faults?: FaultHook;
}

/** What one run did. */
export interface IndexReport {
  readonly indexId: string;
  readonly snapshotRoot: Digest;
  readonly sequence: number;
  /** False when the published snapshot already had this content. */
  readonly published: boolean;
  readonly documents: number;
  readonly chunks: number;
  /** Files that are new, or whose content changed. */
  readonly changed: number;
  readonly unchanged: number;
  /** Of the changed ones, those that lay elsewhere before: neither extracted, cut nor embedded again. */
  readonly moved: number;
  readonly removed: number;
  /** Passages embedded by this run; the others came from the cache. */
  readonly embedded: number;
  readonly findings: readonly Finding[];
}

/** One run under way: everything that was decided before the first file is looked at. */
export interface IndexRun {
  /** The workspace, without links. */
  readonly root: string;
  /** The index folder, without links. */
  readonly place: string;
  readonly registry: string;
  readonly model: IndexModel;
  readonly options: IndexOptions;
  readonly modes: FolderModes;
  readonly identity: IndexIdentity;
  readonly catalog: Catalog;
}

/** What a run tells its caller. */
export function reportRun(
  scan: Scan,
  snapshot: Snapshot,
  published: boolean,
  embedded: number,
): IndexReport {
  return {
    indexId: snapshot.indexId,
    snapshotRoot: snapshot.snapshotRoot,
    sequence: snapshot.sequence,
    published,
    documents: snapshot.documents,
    chunks: snapshot.chunks,
    changed: scan.changed,
    unchanged: scan.unchanged,
    moved: scan.moved,
    removed: scan.removed.length,
    embedded,
    findings: scan.findings,
  };
}
