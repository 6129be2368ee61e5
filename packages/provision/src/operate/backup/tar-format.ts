/*
 * The part of POSIX ustar that a backup is made of: regular files, and a pax record for the path of those whose name is
 * longer than 100 bytes. Ordinary `tar` reads it. Nothing else is read here: no links, devices or sparse files.
 */

/** Size of a block. */
export const blockBytes = 512;

/** A header as it was read. */
export interface TarEntry {
  readonly name: string;
  readonly kind: "file" | "pax";
  readonly size: number;
  readonly mode: number;
}

/** Headers in front of a file: one block, or three with a pax record. */
export function fileHeader(name: string, size: number, mode: number): Uint8Array {
  const bytes = Buffer.from(name);
  if (bytes.length <= 100) return header(bytes, size, mode, "0");
  const record = paxRecord(name);
  return Buffer.concat([
    header(Buffer.from("pax"), record.length, 0o600, "x"),
    record,
    padding(record.length),
    header(bytes.subarray(0, 100), size, mode, "0"),
  ]);
}

/** Zeros up to the next block. */
export function padding(size: number): Uint8Array {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

/** The end of an archive. */
export function endBlocks(): Uint8Array {
  return Buffer.alloc(2 * blockBytes);
}

/** @returns why a block is no header that was written here */
export function parseHeader(block: Uint8Array): TarEntry | string {
  const bytes = Buffer.from(block);
  if (bytes.length !== blockBytes) return "a whole header";
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  if (octal(bytes, 148, 8) !== sum) return "a header whose checksum is right";
  if (bytes.toString("latin1", 257, 263) !== "ustar\0") return "a ustar header";
  const type = bytes.toString("latin1", 156, 157);
  if (type !== "0" && type !== "x") return `a regular file, got type ${JSON.stringify(type)}`;
  if (text(bytes, 157, 100) !== "" || text(bytes, 345, 155) !== "") return "no link and no prefix";
  const [size, mode] = [octal(bytes, 124, 12), octal(bytes, 100, 8)];
  if (size === undefined || mode === undefined) return "a size and a mode";
  return { name: text(bytes, 0, 100), kind: type === "0" ? "file" : "pax", size, mode };
}

/** The path of a pax record, when it holds that and nothing else. */
export function paxPath(record: Uint8Array): string | undefined {
  const value = /^\d+ path=(.+)\n$/su.exec(Buffer.from(record).toString("utf8"))?.[1];
  return value !== undefined && Buffer.compare(paxRecord(value), record) === 0 ? value : undefined;
}

function header(name: Uint8Array, size: number, mode: number, type: "0" | "x"): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  bytes.set(name, 0);
  bytes.write(`${(mode & 0o7777).toString(8).padStart(7, "0")}\0`, 100, "latin1");
  bytes.write("0000000\0", 108, "latin1");
  bytes.write("0000000\0", 116, "latin1");
  bytes.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  bytes.write("00000000000\0", 136, "latin1");
  bytes.write(" ".repeat(8), 148, "latin1");
  bytes.write(type, 156, "latin1");
  bytes.write("ustar\u000000", 257, "latin1");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

function paxRecord(name: string): Buffer {
  const rest = ` path=${name}\n`;
  const length = Buffer.byteLength(rest);
  let digits = String(length).length;
  while (String(length + digits).length !== digits) digits = String(length + digits).length;
  return Buffer.from(`${length + digits}${rest}`);
}

function octal(bytes: Buffer, start: number, length: number): number | undefined {
  const digits = /^([0-7]+)[\0 ]*$/u.exec(bytes.toString("latin1", start, start + length))?.[1];
  const value = digits === undefined ? undefined : Number.parseInt(digits, 8);
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}
