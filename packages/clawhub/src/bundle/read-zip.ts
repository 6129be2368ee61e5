import { crc32 } from "node:zlib";

import { CodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";

import { limits } from "../files/limits.ts";
import { foldedPath, pathProblem } from "../files/path-problem.ts";
import type { ZipFile } from "./write-zip.ts";
import { zip } from "./zip-format.ts";

/** What an archive holds, as far as nothing is wrong with it. */
export interface ZipContent {
  readonly files: readonly ZipFile[];
  /** What follows the directory. */
  readonly comment: string;
  readonly findings: readonly Finding[];
}

const maxComment = 1024;
const kinds = { mask: 0o170000, file: 0o100000, link: 0o120000, folder: 0o040000 } as const;

interface Entry {
  readonly path: string;
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly mode: number;
  readonly offset: number;
}

/**
 * Reads an archive without trusting any number in it: nothing is decompressed, nothing is written, every
 * range is checked before it is read. Each thing that a bundle must not hold has a code of its own.
 */
export function readZip(bytes: Uint8Array): ZipContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const findings: Finding[] = [];
  const refuse = (code: string, path: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: path });
  };
  let directory: Directory;
  try {
    directory = readDirectory(buffer);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    refuse(error.code, "", error.message, error.hint ?? "");
    return { files: [], comment: "", findings };
  }
  const files: ZipFile[] = [];
  const seen = new Map<string, string>();
  const ranges: { readonly from: number; readonly to: number; readonly path: string }[] = [];
  let total = 0;
  for (const entry of directory.entries) {
    const before = findings.length;
    judgeEntry(entry, seen, refuse);
    total += entry.size;
    if (findings.length > before || total > limits.totalBytes) continue;
    const content = contentOf(buffer, entry, directory.start);
    if (typeof content === "string") {
      const hint = "The archive is damaged or was made by hand: do not use it.";
      refuse("BUNDLE_HEADER", entry.path, content, hint);
      continue;
    }
    ranges.push({
      from: entry.offset,
      to: content.byteOffset - buffer.byteOffset + content.length,
      path: entry.path,
    });
    if (crc32(content) !== entry.crc) {
      refuse("BUNDLE_CHECKSUM", entry.path, "expected other bytes, by its checksum", damaged);
    }
    files.push({ path: entry.path, bytes: content });
  }
  if (total > limits.totalBytes) {
    const message = `expected at most ${limits.totalBytes} bytes in all, got ${total}`;
    refuse("BUNDLE_TOO_LARGE", "", message, "It is above what the registry takes.");
  }
  judgeNesting(files, refuse);
  const sorted = ranges.toSorted((a, b) => a.from - b.from);
  for (const [index, range] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && next.from < range.to) {
      refuse(
        "BUNDLE_OVERLAP",
        next.path,
        `expected bytes of its own, shares with ${range.path}`,
        damaged,
      );
    }
  }
  return { files, comment: directory.comment, findings };
}

const damaged = "The archive is damaged or was changed: get it again.";

type Refuse = (code: string, path: string, message: string, hint: string) => void;

function judgeEntry(entry: Entry, seen: Map<string, string>, refuse: Refuse): void {
  const { path } = entry;
  const problem = path.endsWith("/") ? "expected files, got a folder" : pathProblem(path);
  if (problem !== undefined || !Buffer.from(path).equals(entry.name)) {
    const message = `${problem ?? "expected UTF-8"}, got ${JSON.stringify(path.slice(0, 200))}`;
    refuse("BUNDLE_PATH", path, message, "Nothing of this archive may be unpacked.");
  }
  const kind = entry.mode & kinds.mask;
  if (kind !== kinds.file) {
    const got =
      kind === kinds.link ? "a link" : kind === kinds.folder ? "a folder" : "another kind";
    refuse("BUNDLE_LINK", path, `expected a regular file, got ${got}`, "A bundle has files only.");
  }
  if ((entry.flags & 1) !== 0) {
    refuse("BUNDLE_ENCRYPTED", path, "expected plain bytes, got encrypted ones", damaged);
  }
  if (entry.method !== zip.stored) {
    const message = `expected stored bytes, got compression method ${entry.method} (${entry.packed} bytes that claim to be ${entry.size})`;
    refuse("BUNDLE_COMPRESSED", path, message, "Bundles are never compressed: pack it again.");
  } else if (entry.size !== entry.packed) {
    refuse("BUNDLE_HEADER", path, "expected one size, got two", damaged);
  }
  if (entry.size > limits.fileBytes) {
    const message = `expected at most ${limits.fileBytes} bytes, got ${entry.size}`;
    refuse("BUNDLE_FILE_LARGE", path, message, "It is above what the registry takes.");
  }
  const twin = seen.get(foldedPath(path));
  if (twin === path)
    refuse("BUNDLE_DUPLICATE", path, "expected each path once, got it twice", damaged);
  else if (twin !== undefined) {
    const message = `expected names that differ in more than case, got ${JSON.stringify(twin)} too`;
    refuse("BUNDLE_CASE", path, message, "One would overwrite the other on some systems.");
  }
  seen.set(foldedPath(path), path);
}

/** A file `a` beside a file `a/b`. */
function judgeNesting(files: readonly ZipFile[], refuse: Refuse): void {
  const names = new Set(files.map(({ path }) => foldedPath(path)));
  for (const { path } of files) {
    const parts = foldedPath(path).split("/");
    for (let length = 1; length < parts.length; length += 1) {
      if (!names.has(parts.slice(0, length).join("/"))) continue;
      refuse("BUNDLE_PATH", path, "expected a folder around it, got a file of that name", damaged);
      break;
    }
  }
}

interface Directory {
  readonly entries: readonly Entry[];
  readonly start: number;
  readonly comment: string;
}

function readDirectory(buffer: Buffer): Directory {
  const end = findEnd(buffer);
  const count = buffer.readUInt16LE(end + 10);
  const size = buffer.readUInt32LE(end + 12);
  const start = buffer.readUInt32LE(end + 16);
  if (
    buffer.readUInt32LE(end + 4) !== 0 ||
    buffer.readUInt16LE(end + 8) !== count ||
    start + size !== end ||
    count * zip.central.bytes > size
  ) {
    throw malformed("expected a directory that ends where the end record begins");
  }
  if (count > limits.files) {
    throw malformed(`expected at most ${limits.files} files, got ${count}`, "BUNDLE_FILES_MANY");
  }
  const entries: Entry[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (at + zip.central.bytes > end || buffer.readUInt32LE(at) !== zip.central.signature) {
      throw malformed(`expected entry ${index + 1} of ${count} at byte ${at}`);
    }
    const length = buffer.readUInt16LE(at + 28);
    const next =
      at + zip.central.bytes + length + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
    if (next > end) throw malformed(`expected entry ${index + 1} to end before byte ${end}`);
    const name = buffer.subarray(at + zip.central.bytes, at + zip.central.bytes + length);
    entries.push({
      path: name.toString("utf8"),
      name,
      flags: buffer.readUInt16LE(at + 8),
      method: buffer.readUInt16LE(at + 10),
      crc: buffer.readUInt32LE(at + 16),
      packed: buffer.readUInt32LE(at + 20),
      size: buffer.readUInt32LE(at + 24),
      mode: buffer.readUInt16LE(at + 40),
      offset: buffer.readUInt32LE(at + 42),
    });
    at = next;
  }
  if (at !== end) throw malformed("expected nothing between the directory and its end");
  return { entries, start, comment: buffer.toString("latin1", end + zip.end.bytes) };
}

function findEnd(buffer: Buffer): number {
  const last = buffer.length - zip.end.bytes;
  for (let at = last; at >= 0 && at >= last - maxComment; at -= 1) {
    if (buffer.readUInt32LE(at) !== zip.end.signature) continue;
    if (buffer.readUInt16LE(at + 20) === last - at) return at;
  }
  const got = buffer.length >= 4 && buffer.readUInt32LE(0) === zip.local.signature;
  throw got
    ? malformed("expected the end of an archive, got none: it was cut, or something was added")
    : malformed("expected a ZIP archive, got something else", "BUNDLE_NOT_ZIP");
}

/** The bytes of an entry, or what is wrong with its own header. */
function contentOf(buffer: Buffer, entry: Entry, directory: number): Buffer | string {
  const { offset, name } = entry;
  const start = offset + zip.local.bytes + name.length;
  if (start + entry.size > directory) return "expected its bytes before the directory";
  if (buffer.readUInt32LE(offset) !== zip.local.signature) return "expected a header of its own";
  if (
    buffer.readUInt16LE(offset + 26) !== name.length ||
    !buffer.subarray(offset + zip.local.bytes, start).equals(name)
  ) {
    return "expected one name, got another in its own header";
  }
  if (buffer.readUInt16LE(offset + 28) !== 0) return "expected no extra field";
  return buffer.subarray(start, start + entry.size);
}

function malformed(message: string, code = "BUNDLE_MALFORMED"): CodedError {
  return new CodedError({ code, message, hint: damaged });
}
