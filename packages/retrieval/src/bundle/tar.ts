import { readSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

/** Bytes of a header, and what content is padded to: POSIX.1-2001 pax, ustar. */
export const blockBytes = 512;
/** The most that eleven octal digits say. */
const largestFile: number = 8 ** 11 - 1;
const mostFiles = 10_000;

/** A regular file of an archive. */
export interface TarEntry {
  readonly path: string;
  readonly size: number;
  /** Where its bytes begin. */
  readonly offset: number;
}

/** The header of a regular file: no owner, no time, so that the same files are the same archive. */
export function tarHeader(path: string, size: number): Buffer {
  const name = splitName(path);
  if (name === undefined || size > largestFile) {
    throw new CodedError({
      code: "BUNDLE_ENTRY",
      message: `expected a file of at most 8 GiB with a short plain path, got ${JSON.stringify(path)}`,
      hint: "rename it, or leave it out",
    });
  }
  const header = Buffer.alloc(blockBytes);
  header.write(name.last, 0, "utf8");
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write(`${"0".repeat(11)}\0`, 136);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  header.write(name.first, 345, "utf8");
  header.write(`${checksumOf(header).toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** Zeros that bring a content to whole blocks. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

/** What stands at the end of an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

/**
 * The entries of an archive as {@link tarHeader} writes them, and of nothing else: every entry is a
 * regular file with a relative path of plain names, no two of which some file system takes for one.
 *
 * @param size Bytes of the archive.
 * @throws CodedError `BUNDLE_FORMAT`, `BUNDLE_ENTRY`.
 */
export function readTar(descriptor: number, size: number): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (;;) {
    const header = readBlock(descriptor, at);
    if (header.every((byte) => byte === 0)) {
      if (
        at + tarEnd.length !== size ||
        !readBlock(descriptor, at + blockBytes).every((byte) => byte === 0)
      ) {
        throw malformed(`the end at byte ${at}`);
      }
      return entries;
    }
    const entry = entryOf(header, at);
    const folded = entry.path.normalize("NFC").toLowerCase();
    if (names.has(folded) || entries.length >= mostFiles) {
      throw refused(entry.path, "is there twice, or one too many");
    }
    names.add(folded);
    const next = entry.offset + entry.size + tarPadding(entry.size).length;
    if (next + tarEnd.length > size) {
      throw malformed(`all of ${JSON.stringify(entry.path)}`);
    }
    entries.push(entry);
    at = next;
  }
}

function entryOf(header: Buffer, at: number): TarEntry {
  const path = pathOf(header);
  const size = Number.parseInt(header.toString("latin1", 124, 135), 8);
  if (path === undefined || !isPlainPath(path) || !Number.isSafeInteger(size)) {
    throw refused(path ?? "an entry", "has no plain relative path");
  }
  // Whatever else a header can say (links, devices, owners, modes, other sizes of numbers) is not ours.
  if (!tarHeader(path, size).equals(header)) {
    throw refused(path, "is not a regular file as a bundle has them");
  }
  return { path, size, offset: at + blockBytes };
}

function pathOf(header: Buffer): string | undefined {
  const text = (start: number, length: number): string =>
    header.toString("utf8", start, start + length).replace(/\0.*$/su, "");
  const [last, first] = [text(0, 100), text(345, 155)];
  return last === "" ? undefined : first === "" ? last : `${first}/${last}`;
}

/** Relative, `/` between names, none of which a file system or a person would take for something else. */
export function isPlainPath(path: string): boolean {
  return (
    path.length <= 240 &&
    path.isWellFormed() &&
    path.split("/").every((name) => /^(?!\.{1,2}$)[^\p{Cc}\p{Cf}\\/:*?"<>|]+$/u.test(name)) &&
    !path.split("/").some((name) => /[. ]$/u.test(name))
  );
}

/** A path in the two fields of a header; undefined when it does not fit. */
function splitName(path: string): { readonly first: string; readonly last: string } | undefined {
  if (Buffer.byteLength(path) <= 100) {
    return { first: "", last: path };
  }
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const [first, last] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(first) <= 155 && Buffer.byteLength(last) <= 100) {
      return { first, last };
    }
  }
  return undefined;
}

function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}

function readBlock(descriptor: number, at: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  if (readSync(descriptor, block, 0, blockBytes, at) !== blockBytes) {
    throw malformed(`a block at byte ${at}`);
  }
  return block;
}

function malformed(expected: string): CodedError {
  return new CodedError({
    code: "BUNDLE_FORMAT",
    message: `expected ${expected} in the bundle`,
    hint: "it was not written by local-rag bundle export, or not all of it arrived",
  });
}

function refused(path: string, why: string): CodedError {
  return new CodedError({
    code: "BUNDLE_ENTRY",
    message: `the bundle is refused: ${JSON.stringify(path.slice(0, 200))} ${why}`,
    hint: "use a bundle that local-rag bundle export wrote",
  });
}
