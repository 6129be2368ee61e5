import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Stats } from "node:fs";

import { digestBytes } from "@clawkeep/integrity";

import { admissionFinding } from "./admission-findings.ts";
import type { AdmissionCode } from "./admission-findings.ts";
import type { Admission, AdmissionFinding } from "./admitted-file.ts";
import { extractionKindOfPath, isForeign } from "../extraction/sniff-kind.ts";
import { binaryKinds } from "../extraction/extraction-kind.ts";
import { binaryProbeBytes, inspectEncoding, inspectSecrets } from "./inspect-content.ts";
import { errorCode, noFollow } from "./open-folder.ts";
import type { OpenFolder, RootFolder } from "./open-folder.ts";
import { linkFinding } from "./symbolic-link.ts";

/** O_NONBLOCK: a FIFO put in a file's place must not hang the walk. O_NOCTTY: nor a terminal adopt it. */
const fileFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | noFollow;

const attempts = 3;

/** Fonts and pictures make a document large, its text is small: it may have so many times the bytes. */
const binaryShare = 4;

/** Where a file is, and what it may be. */
export interface FileRequest {
  readonly root: RootFolder;
  readonly folder: OpenFolder;
  readonly name: string;
  /** Relative to the root. */
  readonly path: string;
  readonly maxBytes: number;
}

/**
 * Reads one file through one descriptor, and checks that descriptor, not the path: a regular file,
 * inside the root, of a size to be read, unchanged while it was read, text, without secrets.
 */
export function* readRegularFile(request: FileRequest): Generator<Admission, void, undefined> {
  const { path } = request;
  let fd: number;
  try {
    fd = openSync(request.folder.child(request.name), fileFlags);
  } catch (error) {
    const { root, folder, name } = request;
    yield linkFinding(root, folder, name, path) ?? openFailure(path, error);
    return;
  }
  try {
    yield* readDescriptor(fd, request);
  } catch (error) {
    yield openFailure(path, error);
  } finally {
    closeSync(fd);
  }
}

/** The finding for an error of `open`, `read` or `readdir`. */
export function openFailure(path: string, error: unknown): AdmissionFinding {
  const code = errorCode(error);
  switch (code) {
    case "ENOENT":
      return admissionFinding("DOCUMENT_VANISHED", path, "it was gone before it could be opened");
    case "ELOOP":
    case "EMLINK":
    case "ENOTDIR":
      return admissionFinding(
        "DOCUMENT_VANISHED",
        path,
        "something else was put in its place before it could be opened; not followed",
      );
    case "ENXIO":
    case "ENODEV":
      return admissionFinding(
        "DOCUMENT_SPECIAL_FILE",
        path,
        "expected a regular file, got a device or socket",
      );
    default:
      return admissionFinding("DOCUMENT_UNREADABLE", path, `it cannot be read (${code})`);
  }
}

function* readDescriptor(fd: number, request: FileRequest): Generator<Admission, void, undefined> {
  const { path, root } = request;
  const kind = extractionKindOfPath(path);
  const isBinary = kind !== undefined && binaryKinds.has(kind);
  const maxBytes = request.maxBytes * (isBinary ? binaryShare : 1);
  const say = (code: AdmissionCode, message: string): AdmissionFinding =>
    admissionFinding(code, path, message);
  const before = fstatSync(fd);
  if (!before.isFile()) {
    yield say("DOCUMENT_SPECIAL_FILE", `expected a regular file, got ${kindOf(before)}`);
    return;
  }
  if (!root.holds(fd)) {
    yield say("DOCUMENT_OUTSIDE_ROOT", "once open, it lay outside the folder; not read");
    return;
  }
  if (before.size > maxBytes) {
    yield say(
      "DOCUMENT_TOO_LARGE",
      `expected at most ${maxBytes} bytes, got ${before.size}; not read`,
    );
    return;
  }
  if (before.nlink > 1 && before.uid !== root.uid) {
    yield say(
      "DOCUMENT_HARD_LINK_FOREIGN",
      `expected a file of its own, got one of ${before.nlink} hard links to a file of another user (uid ${before.uid}); not read`,
    );
    return;
  }
  const bytes = readStable(fd, path, maxBytes);
  if (bytes === "changing" || bytes === "grown") {
    yield say("DOCUMENT_CHANGED", `it changed while it was read, ${attempts} times; not indexed`);
    return;
  }
  if (bytes.length === 0) {
    yield say("DOCUMENT_EMPTY", "it is empty");
    return;
  }
  const encoding = isForeign(path, bytes) ? undefined : inspectEncoding(path, bytes);
  const refusal = encoding ?? inspectSecrets(path, bytes);
  if (refusal !== undefined) {
    yield refusal;
    return;
  }
  if (before.nlink > 1) {
    yield say("DOCUMENT_HARD_LINK", `it is one of ${before.nlink} hard links to the same file`);
  }
  const digest = digestBytes(bytes);
  yield { kind: "file", path, bytes, size: bytes.length, digest, modifiedMs: before.mtimeMs };
}

/** Reads until size and times are the same before and after: what is indexed was whole at one moment. */
function readStable(fd: number, path: string, maxBytes: number): Uint8Array | "changing" | "grown" {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = fstatSync(fd, { bigint: true });
    const bytes = readWhole(fd, path, Number(before.size), maxBytes);
    const after = fstatSync(fd, { bigint: true });
    if (bytes === undefined) {
      return "grown";
    }
    const same = before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
    if (same && before.size === after.size) {
      return bytes;
    }
  }
  return "changing";
}

/** Undefined when there is more than `maxBytes`, whatever `fstat` said. */
function readWhole(
  fd: number,
  path: string,
  expected: number,
  maxBytes: number,
): Uint8Array | undefined {
  let buffer = Buffer.allocUnsafeSlow(Math.min(expected, maxBytes) + 1);
  let length = 0;
  for (;;) {
    const limit = length === 0 ? Math.min(buffer.length, binaryProbeBytes) : buffer.length;
    const count = readSync(fd, buffer, length, limit - length, length);
    length += count;
    const read = buffer.subarray(0, length);
    if (count === 0 || (length === count && read.includes(0) && !isForeign(path, read))) {
      return read;
    }
    if (length > maxBytes) {
      return undefined;
    }
    if (length === buffer.length) {
      buffer = Buffer.concat([buffer, Buffer.allocUnsafeSlow(buffer.length)]);
    }
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) {
    return "a folder";
  }
  if (stats.isFIFO()) {
    return "a FIFO";
  }
  return stats.isSocket() ? "a socket" : "a device";
}
