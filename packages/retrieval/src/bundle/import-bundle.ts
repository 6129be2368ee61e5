import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { syncFolder } from "@clawkeep/durable-files";
import type { Digest, NoteVerifier } from "@clawkeep/integrity";
import { verifyNote } from "@clawkeep/integrity";

import { verifyIndex } from "../citation/verify-index.ts";
import { openIndex } from "../query/open-index.ts";
import { snapshotFile } from "../snapshot/snapshot.ts";
import { formatSnapshot } from "../snapshot/snapshot-json.ts";
import { writeRegistryEntry } from "../trust/write-registry.ts";
import type { BundleManifest } from "./bundle-manifest.ts";
import { manifestName, noteName, parseManifest, signedText } from "./bundle-manifest.ts";
import type { TarEntry } from "./tar.ts";
import { readTar } from "./tar.ts";

/** Why a bundle may be believed, and what this machine has. */
export interface ImportOptions {
  /** SHA-256 of the whole file, as export printed it. */
  readonly digest?: Digest;
  /** Key that must have signed it. */
  readonly key?: NoteVerifier;
  /** Space of the model that is installed here. */
  readonly spaceId: string;
  /** This user's registry: an index that is believed is answered from at once. */
  readonly registry: string;
}

/** A bundle that was unpacked. */
export interface ImportedBundle {
  /**
   * `digest` or `key`: it is the one that was meant. `integrity only`: it is whole, whoever made it, and
   * its index is answered from only with its root.
   */
  readonly verified: "digest" | "key" | "integrity only";
  readonly digest: Digest;
  readonly snapshotRoot: Digest;
  readonly documents: number;
  readonly chunks: number;
  readonly index: string;
  /** Folder of the skill, when the bundle had one. */
  readonly skill?: string;
}

const pieceBytes: number = 1 << 20;
const largestManifest: number = 16 << 20;

/**
 * Unpacks a bundle into a new folder, in one step: everything is checked in a folder beside it, which
 * then gets the name. Nothing is taken from a network, and nothing outside the folder is written but the
 * registry's entry.
 *
 * @throws CodedError `BUNDLE_DIGEST`, `BUNDLE_SIGNATURE`, `BUNDLE_FORMAT`, `BUNDLE_ENTRY`, `BUNDLE_MODEL`,
 *   `BUNDLE_DAMAGED`, `BUNDLE_TARGET`, `BUNDLE_READ`; what `openIndex` throws.
 */
export async function importBundle(
  file: string,
  target: string,
  options: ImportOptions,
): Promise<ImportedBundle> {
  const place = path.resolve(target);
  if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) {
    throw coded("BUNDLE_TARGET", `expected nothing at ${place} yet`, "name a new folder");
  }
  const descriptor = openBundle(file);
  try {
    const { size } = fstatSync(descriptor);
    const digest = digestOf(descriptor, 0, size);
    if (options.digest !== undefined && options.digest !== digest) {
      throw coded(
        "BUNDLE_DIGEST",
        `expected the bundle ${options.digest}, got ${digest}`,
        "it is another one than was meant, or was changed on its way",
      );
    }
    const { manifest, entries, verified } = readBundle(descriptor, size, options);
    const temporary = `${place}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      mkdirSync(temporary, { mode: 0o700 });
      unpack(descriptor, manifest, entries, temporary);
      const result = await adopt(temporary, place, manifest, verified, options);
      renameSync(temporary, place);
      await syncFolder(path.dirname(place));
      return { ...result, digest };
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
}

function openBundle(file: string): number {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) {
      closeSync(descriptor);
      throw new Error("not a regular file");
    }
    return descriptor;
  } catch (cause) {
    throw coded("BUNDLE_READ", `expected a bundle in ${file}`, "name the file", cause);
  }
}

interface ReadBundle {
  readonly manifest: BundleManifest;
  /** Those that the manifest names, in its order. */
  readonly entries: readonly TarEntry[];
  readonly verified: ImportedBundle["verified"];
}

/** What the archive says it holds, held against what it holds. */
function readBundle(descriptor: number, size: number, options: ImportOptions): ReadBundle {
  const [first, ...others] = readTar(descriptor, size);
  if (first?.path !== manifestName || first.size > largestManifest) {
    throw coded("BUNDLE_FORMAT", `expected ${manifestName} first`, "it is no bundle");
  }
  const text = readBytes(descriptor, first).toString("utf8");
  const manifest = parseManifest(text);
  const [note] = others[0]?.path === noteName ? others : [];
  const entries = note === undefined ? others : others.slice(1);
  const listed = manifest.files.map((entry) => `${entry.path} ${entry.size}`);
  if (
    JSON.stringify(entries.map((entry) => `${entry.path} ${entry.size}`)) !== JSON.stringify(listed)
  ) {
    throw coded(
      "BUNDLE_FORMAT",
      "expected the files that the bundle lists",
      "it was put together anew",
    );
  }
  const outside = entries.find(({ path: name }) => !/^(?:index|skill)\/./u.test(name));
  if (outside !== undefined) {
    throw coded(
      "BUNDLE_ENTRY",
      `expected an index and a skill, got ${JSON.stringify(outside.path)}`,
      "use another bundle",
    );
  }
  if (options.key !== undefined) {
    checkSignature(
      note === undefined ? "" : readBytes(descriptor, note).toString("utf8"),
      text,
      options.key,
    );
  }
  if (manifest.model.spaceId !== options.spaceId) {
    throw coded(
      "BUNDLE_MODEL",
      `the bundle's index was made with the model ${JSON.stringify(manifest.model.name)} (space ${manifest.model.spaceId}), this machine has ${options.spaceId}`,
      "install the version of local-rag that has that model",
    );
  }
  const verified =
    options.digest === undefined
      ? options.key === undefined
        ? "integrity only"
        : "key"
      : "digest";
  return { manifest, entries, verified };
}

function checkSignature(note: string, manifest: string, key: NoteVerifier): void {
  try {
    if (verifyNote(note, key).text === signedText(manifest)) {
      return;
    }
  } catch (cause) {
    throw refusedSignature(key, cause);
  }
  throw refusedSignature(key);
}

function refusedSignature({ name }: NoteVerifier, cause?: unknown): CodedError {
  return coded(
    "BUNDLE_SIGNATURE",
    `expected a bundle that ${name} signed`,
    "it is not signed by that key, or was changed since",
    cause,
  );
}

/** Writes the files below a folder that is new and ours, each compared with its digest. */
function unpack(
  descriptor: number,
  manifest: BundleManifest,
  entries: readonly TarEntry[],
  folder: string,
): void {
  entries.forEach((entry, index) => {
    const target = path.join(folder, ...entry.path.split("/"));
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    const out = openSync(target, "wx", 0o600);
    const hash = createHash("sha256");
    try {
      eachPiece(descriptor, entry.offset, entry.size, (piece) => {
        hash.update(piece);
        for (let at = 0; at < piece.length;) {
          at += writeSync(out, piece, at);
        }
      });
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    if (`sha256:${hash.digest("hex")}` !== manifest.files[index]?.digest) {
      throw coded(
        "BUNDLE_DAMAGED",
        `${JSON.stringify(entry.path)} is not what the bundle lists`,
        "get it again",
      );
    }
  });
}

/** Checks the unpacked index whole, gives it an id of its own, and registers it when it is believed. */
async function adopt(
  folder: string,
  place: string,
  manifest: BundleManifest,
  verified: ImportedBundle["verified"],
  { registry, spaceId }: ImportOptions,
): Promise<Omit<ImportedBundle, "digest">> {
  const inside = path.join(folder, "index");
  const { snapshotRoot } = manifest;
  using index = openIndex(inside, { snapshotRoot }, spaceId);
  const { ok, findings } = verifyIndex(index, undefined);
  if (!ok) {
    throw coded(
      "BUNDLE_DAMAGED",
      `the index is not whole: ${findings[0]?.message ?? ""}`,
      "get it again",
    );
  }
  const { snapshot } = index;
  // The id of the machine that it comes from may be in use here.
  const indexId = randomBytes(16).toString("hex");
  writeFileSync(path.join(inside, snapshotFile), formatSnapshot({ ...snapshot, indexId }));
  const folderOf = path.join(place, "index");
  if (verified !== "integrity only") {
    const roots = [snapshotRoot];
    const entry = {
      format: 1,
      indexId,
      path: folderOf,
      workspace: place,
      snapshotRoots: roots,
    } as const;
    await writeRegistryEntry(registry, entry);
  }
  const hasSkill = manifest.files.some((file) => file.path.startsWith("skill/"));
  return {
    verified,
    snapshotRoot,
    documents: snapshot.documents,
    chunks: snapshot.chunks,
    index: folderOf,
    ...(hasSkill ? { skill: path.join(place, "skill") } : {}),
  };
}

function readBytes(descriptor: number, { offset, size }: TarEntry): Buffer {
  const pieces: Buffer[] = [];
  eachPiece(descriptor, offset, Math.min(size, largestManifest), (piece) => {
    pieces.push(Buffer.from(piece));
  });
  return Buffer.concat(pieces);
}

function digestOf(descriptor: number, offset: number, size: number): Digest {
  const hash = createHash("sha256");
  eachPiece(descriptor, offset, size, (piece) => hash.update(piece));
  return `sha256:${hash.digest("hex")}`;
}

function eachPiece(
  descriptor: number,
  offset: number,
  size: number,
  take: (piece: Buffer) => void,
): void {
  const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, size)));
  for (let at = 0; at < size;) {
    const read = readSync(descriptor, piece, 0, Math.min(piece.length, size - at), offset + at);
    if (read === 0) {
      throw coded("BUNDLE_FORMAT", "expected all of the bundle", "it changed while it was read");
    }
    take(piece.subarray(0, read));
    at += read;
  }
}

function coded(code: string, message: string, hint: string, cause?: unknown): CodedError {
  return new CodedError({ code, message, hint, ...(cause === undefined ? {} : { cause }) });
}
