import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile, readFully } from "@clawkeep/durable-files";

import type { BackedUpFile, BackupManifest } from "./manifest.ts";
import { manifestName, mostManifestBytes, parseManifest, stateName } from "./manifest.ts";
import { blockBytes, parseHeader, paxPath } from "./tar-format.ts";

/** A backup whose every byte was compared with its manifest. Close it. */
export interface VerifiedBackup {
  readonly manifest: BackupManifest;
  /** The bytes of one file, in parts. */
  read(file: BackedUpFile): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** Largest part that is held in memory. */
const partBytes = 256 * 1024;

/**
 * Opens a backup and compares every file with its digest before anything is made of it. Exactly what the manifest lists
 * may be in it, in that order: links, devices, absolute paths, `..`, further entries and lost ones are refused.
 *
 * @throws CodedError `RESTORE_ARCHIVE`, `FILE_NOT_REGULAR`
 */
export async function openBackup(file: string): Promise<VerifiedBackup> {
  const handle = await openRegularFile(file);
  try {
    const { size } = await handle.stat();
    const first = await entryAt(handle, 0, size, file);
    if (first.name !== manifestName || first.size > mostManifestBytes) {
      throw refused(
        file,
        `${manifestName} first, of at most ${mostManifestBytes} bytes`,
        first.name,
      );
    }
    const manifest = manifestOf(await readFully(handle, first.start, first.size), file);
    const starts = new Map<string, number>();
    let offset = first.end;
    for (const one of manifest.files) {
      const entry = await entryAt(handle, offset, size, file);
      if (entry.name !== `${stateName}/${one.path}` || entry.size !== one.size) {
        throw refused(file, `${one.path} of ${one.size} bytes`, `${entry.name} of ${entry.size}`);
      }
      starts.set(one.path, entry.start);
      offset = entry.end;
    }
    await checkEnd(handle, offset, size, file);
    const read = async function* ({
      path,
      size: length,
    }: BackedUpFile): AsyncGenerator<Uint8Array> {
      const start = starts.get(path) ?? 0;
      for (let done = 0; done < length; done += partBytes) {
        yield await readFully(handle, start + done, Math.min(partBytes, length - done));
      }
    };
    for (const one of manifest.files) {
      const hash = createHash("sha256");
      for await (const part of read(one)) hash.update(part);
      if (`sha256:${hash.digest("hex")}` !== one.digest) {
        throw refused(file, `${one.path} with ${one.digest}`, "other bytes");
      }
    }
    return { manifest, read, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Located {
  readonly name: string;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

async function entryAt(
  handle: FileHandle,
  offset: number,
  total: number,
  file: string,
  longName?: string,
): Promise<Located> {
  const entry = parseHeader(await readFully(handle, offset, blockBytes));
  if (typeof entry === "string") throw refused(file, entry, `something else at byte ${offset}`);
  const start = offset + blockBytes;
  const end = start + Math.ceil(entry.size / blockBytes) * blockBytes;
  if (end > total)
    throw refused(file, `${entry.size} bytes of ${entry.name}`, "the end of the file");
  if (entry.kind === "file") return { name: longName ?? entry.name, size: entry.size, start, end };
  // One record of a path, no longer than a path can be.
  const record = entry.size > 8192 ? undefined : await readFully(handle, start, entry.size);
  const name = record === undefined || longName !== undefined ? undefined : paxPath(record);
  if (name === undefined) throw refused(file, "a pax record with one path", "something else");
  return entryAt(handle, end, total, file, name);
}

function manifestOf(bytes: Uint8Array, file: string): BackupManifest {
  try {
    return parseManifest(bytes);
  } catch (cause) {
    throw refused(
      file,
      "a manifest of version 1 whose paths lie below the state",
      "another one",
      cause,
    );
  }
}

async function checkEnd(
  handle: FileHandle,
  offset: number,
  size: number,
  file: string,
): Promise<void> {
  const rest = size - offset;
  if (rest !== 2 * blockBytes) throw refused(file, "two empty blocks at the end", `${rest} bytes`);
  if (Buffer.from(await readFully(handle, offset, rest)).some((byte) => byte !== 0)) {
    throw refused(file, "two empty blocks at the end", "something in them");
  }
}

function refused(file: string, expected: string, got: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "RESTORE_ARCHIVE",
    message: `${file}: expected ${expected}, got ${JSON.stringify(got.slice(0, 200))}`,
    hint: "It is damaged, or claw backup did not write it. Nothing was written.",
    cause,
  });
}
