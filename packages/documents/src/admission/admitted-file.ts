import type { Finding } from "@clawkeep/diagnostics";

/** A file that may be indexed, read whole through the descriptor that was checked. */
export interface AdmittedFile {
  readonly kind: "file";
  /** Relative to the root, with `/` between names. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  /** SHA-256 of `bytes`. */
  readonly digest: `sha256:${string}`;
  /** Last modification in milliseconds since 1970, of the descriptor that was read. */
  readonly modifiedMs: number;
}

/** Something that a person should know about a file or folder; `finding.file` is its path. */
export interface AdmissionFinding {
  readonly kind: "finding";
  readonly finding: Finding;
}

/** One step of a walk. A file may be preceded by findings about it that do not keep it out. */
export type Admission = AdmittedFile | AdmissionFinding;

/** A folder that a walk is about to list: what a watcher needs, so that it misses nothing that comes later. */
export interface WalkedFolder {
  /** Relative to the root; empty for the root. */
  readonly path: string;
  /** Leads to the open folder itself, not to what lies at its path by now. Holds during the call only. */
  readonly handle: string;
  /** The same for the same folder, wherever it was moved; another one for a folder made in its place. */
  readonly identity: string;
}

/** What bounds a walk. Nothing here can lift the list of secrets. */
export interface AdmissionOptions {
  /** Larger files are refused before they are read. Default 8 MiB. */
  readonly maxFileBytes?: number;
  /** Folders nested deeper are refused. Default 64. */
  readonly maxDepth?: number;
  /** Of the files that would be admitted, those to read; a path is relative to the root. Default all. */
  readonly accept?: (path: string) => boolean;
  /** Told of each folder just before it is listed: those that are left out are never named. */
  readonly onFolder?: (folder: WalkedFolder) => void;
  /** Stops the walk with the signal's reason. */
  readonly signal?: AbortSignal;
}
