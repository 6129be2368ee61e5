import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";

import { CodedError, count } from "@clawkeep/diagnostics";
import { syncFolder } from "@clawkeep/durable-files";
import type { Digest, NoteSigner } from "@clawkeep/integrity";
import { signNote } from "@clawkeep/integrity";

import { verifyIndex } from "../citation/verify-index.ts";
import { openIndex } from "../query/open-index.ts";
import { livingChunks } from "../snapshot/deleted-bitset.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { segmentFolder, snapshotFile } from "../snapshot/snapshot.ts";
import { formatSnapshot } from "../snapshot/snapshot-json.ts";
import type { IndexTrust } from "../trust/require-trust.ts";
import type { BundleFile, BundleModel } from "./bundle-manifest.ts";
import { formatManifest, manifestName, noteName, signedText } from "./bundle-manifest.ts";
import { isPlainPath, tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** What goes into a bundle besides an index. */
export interface ExportOptions {
  readonly model: BundleModel;
  /** A skill's folder: its files go along as they are. */
  readonly skill?: string;
  /** Signs the bundle, so that whoever has the key's public side need not be told a digest. */
  readonly signer?: NoteSigner;
}

/** A bundle that was written. */
export interface ExportedBundle {
  /** SHA-256 of the whole file: what `sha256sum` prints, and what import can be told. */
  readonly digest: Digest;
  readonly bytes: number;
  readonly files: number;
  readonly snapshotRoot: Digest;
}

const pieceBytes: number = 1 << 20;

/** Where a file of the bundle comes from. */
interface Source {
  readonly path: string;
  readonly from: string | Buffer;
}

/**
 * Writes an index, the name of its model and perhaps a skill as one file: a plain tar archive, the same
 * bytes for the same content. The index is verified whole first; who only has the file needs no network.
 * Segments go along as they are, so an index whose segments still hold text of deleted files is refused.
 *
 * @throws CodedError `BUNDLE_DAMAGED`, `BUNDLE_DELETED_TEXT`, `BUNDLE_ENTRY`, `BUNDLE_WRITE`; what `openIndex` throws.
 */
export async function exportBundle(
  target: string,
  folder: string,
  trust: IndexTrust,
  { model, skill, signer }: ExportOptions,
): Promise<ExportedBundle> {
  using index = openIndex(folder, trust, model.spaceId, { keywordsOnly: true });
  refuseDeletedText(index.snapshot);
  const { ok, findings } = verifyIndex(index, undefined);
  if (!ok) {
    throw new CodedError({
      code: "BUNDLE_DAMAGED",
      message: `expected a whole index, got: ${findings[0]?.message ?? "damage"}`,
      hint: "index the folder again",
    });
  }
  const { snapshot } = index;
  const sources: readonly Source[] = [
    { path: `index/${snapshotFile}`, from: Buffer.from(formatSnapshot(snapshot)) },
    ...snapshot.segments.map(({ file }) => ({
      path: `index/${segmentFolder}/${file}`,
      from: path.join(folder, segmentFolder, file),
    })),
    ...(skill === undefined ? [] : skillFiles(skill, "")),
  ];
  const files = sources.map(describe);
  const manifest = formatManifest({ bundle: 1, snapshotRoot: snapshot.snapshotRoot, model, files });
  const head: readonly Source[] = [
    { path: manifestName, from: Buffer.from(manifest) },
    ...(signer === undefined
      ? []
      : [{ path: noteName, from: Buffer.from(signNote(signedText(manifest), signer)) }]),
  ];
  const written = write(target, [...head, ...sources], files);
  await syncFolder(path.dirname(path.resolve(target)));
  return { ...written, files: files.length, snapshotRoot: snapshot.snapshotRoot };
}

/** What was deleted is marked in a segment, and its text stays until the segment is written anew. */
function refuseDeletedText({ segments }: Snapshot): void {
  const deleted = segments.reduce(
    (sum, segment) => sum + segment.chunks - livingChunks(segment),
    0,
  );
  if (deleted > 0) {
    throw new CodedError({
      code: "BUNDLE_DELETED_TEXT",
      message: `expected segments without deleted text, got ${count(deleted, "deleted passage")} that a bundle would give away`,
      hint: "write them anew with: local-rag index DIR --compact",
    });
  }
}

/** The files of a skill, by name; whatever is no regular file is refused rather than left out. */
function skillFiles(root: string, below: string): readonly Source[] {
  const folder = path.join(root, below);
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .flatMap((entry): readonly Source[] => {
      const inside = below === "" ? entry.name : `${below}/${entry.name}`;
      const name = `skill/${inside}`;
      if (entry.isDirectory()) {
        return skillFiles(root, inside);
      }
      if (!entry.isFile() || !isPlainPath(name)) {
        throw new CodedError({
          code: "BUNDLE_ENTRY",
          message: `expected regular files with plain names in the skill, got ${JSON.stringify(inside)}`,
          hint: "remove it, or rename it",
        });
      }
      return [{ path: name, from: path.join(root, inside) }];
    });
}

function describe({ path: name, from }: Source): BundleFile {
  const hash = createHash("sha256");
  const size = readPieces(from, (piece) => hash.update(piece));
  return { path: name, size, digest: `sha256:${hash.digest("hex")}` };
}

function write(
  target: string,
  sources: readonly Source[],
  files: readonly BundleFile[],
): { readonly digest: Digest; readonly bytes: number } {
  const temporary = `${target}.${process.pid}.tmp`;
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      const put = (piece: Uint8Array): void => {
        hash.update(piece);
        for (let at = 0; at < piece.length;) {
          at += writeSync(descriptor, piece, at);
        }
        bytes += piece.length;
      };
      for (const source of sources) {
        const known = files.find((file) => file.path === source.path);
        const size = known?.size ?? source.from.length;
        put(tarHeader(source.path, size));
        const own = createHash("sha256");
        const read = readPieces(source.from, (piece) => {
          own.update(piece);
          put(piece);
        });
        if (
          known !== undefined &&
          (read !== size || `sha256:${own.digest("hex")}` !== known.digest)
        ) {
          throw new Error(`${source.path} changed while it was read`);
        }
        put(tarPadding(size));
      }
      put(tarEnd);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause instanceof CodedError
      ? cause
      : new CodedError({
          code: "BUNDLE_WRITE",
          message: `expected to write ${target}, got: ${cause instanceof Error ? cause.message : String(cause)}`,
          hint: "check the free space and the permissions; nothing was left there",
          cause,
        });
  }
  return { digest: `sha256:${hash.digest("hex")}`, bytes };
}

/** Reads a regular file, not through a link, in pieces; gives its length. */
function readPieces(from: string | Buffer, take: (piece: Uint8Array) => void): number {
  if (typeof from !== "string") {
    take(from);
    return from.length;
  }
  const descriptor = openSync(
    from,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    if (!fstatSync(descriptor).isFile()) {
      throw new Error(`${from} is not a regular file`);
    }
    let length = 0;
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const read = readSync(descriptor, piece, 0, piece.length, null);
      if (read === 0) {
        return length;
      }
      take(piece.subarray(0, read));
      length += read;
    }
  } finally {
    closeSync(descriptor);
  }
}
