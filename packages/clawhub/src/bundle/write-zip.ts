import { crc32 } from "node:zlib";

import { zip } from "./zip-format.ts";

/** A file inside a bundle. */
export interface ZipFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The one ZIP archive of these files: sorted by the bytes of their paths, stored and not compressed
 * (what a compressor writes changes with its version), the same time and mode for all, no extra fields.
 *
 * @param comment ASCII.
 */
export function writeZip(files: readonly ZipFile[], comment: string): Uint8Array {
  const entries = files
    .map(({ path, bytes }) => ({ name: Buffer.from(path), bytes, crc: crc32(bytes) }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes, crc } of entries) {
    const local = Buffer.alloc(zip.local.bytes);
    local.writeUInt32LE(zip.local.signature, 0);
    local.writeUInt16LE(zip.needed, 4);
    writeCommon(local, 6, name, bytes, crc);
    const central = Buffer.alloc(zip.central.bytes);
    central.writeUInt32LE(zip.central.signature, 0);
    central.writeUInt16LE(zip.madeBy, 4);
    central.writeUInt16LE(zip.needed, 6);
    writeCommon(central, 8, name, bytes, crc);
    central.writeUInt32LE(zip.attributes, 38);
    central.writeUInt32LE(offset, 42);
    parts.push(local, name, bytes);
    directory.push(central, name);
    offset += local.length + name.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(zip.end.bytes);
  end.writeUInt32LE(zip.end.signature, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment, "latin1")]);
}

/** Flags to name length are laid out alike in both headers. */
function writeCommon(
  header: Buffer,
  at: number,
  name: Buffer,
  bytes: Uint8Array,
  crc: number,
): void {
  header.writeUInt16LE(zip.utf8, at);
  header.writeUInt16LE(zip.stored, at + 2);
  header.writeUInt16LE(zip.time, at + 4);
  header.writeUInt16LE(zip.date, at + 6);
  header.writeUInt32LE(crc, at + 8);
  header.writeUInt32LE(bytes.length, at + 12);
  header.writeUInt32LE(bytes.length, at + 16);
  header.writeUInt16LE(name.length, at + 20);
}
