import { isUtf8 } from "node:buffer";
import { closeSync } from "node:fs";
import type { Dirent } from "node:fs";

import { admissionFinding } from "./admission-findings.ts";
import type { Admission, AdmissionFinding, AdmissionOptions } from "./admitted-file.ts";
import { isGeneratedName } from "./generated-names.ts";
import {
  ignoreFileNames,
  isIgnored,
  maxIgnoreFileBytes,
  noIgnoreRules,
  readIgnoreRules,
  rulesInside,
} from "./ignore-rules.ts";
import type { IgnoreFileName, IgnoreRules } from "./ignore-rules.ts";
import { folderIdentity, listFolder, openChildFolder, openRoot } from "./open-folder.ts";
import type { OpenFolder, RootFolder } from "./open-folder.ts";
import { openFailure, readRegularFile } from "./read-regular-file.ts";
import { secretFile, secretFolder } from "./secret-names.ts";
import { linkFinding } from "./symbolic-link.ts";

/** Files larger than this are refused before they are read, unless the caller says otherwise. */
export const defaultMaxFileBytes: number = 8 * 1024 * 1024;

/** Folders nested deeper than this are refused; each level holds one descriptor open. */
const defaultMaxDepth = 64;

interface Walk {
  readonly root: RootFolder;
  readonly maxFileBytes: number;
  readonly maxDepth: number;
  readonly accept: (path: string) => boolean;
  readonly onFolder: AdmissionOptions["onFolder"];
  readonly signal: AbortSignal | undefined;
}

interface Entry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "special";
  readonly order: Buffer;
}

interface Place {
  readonly folder: OpenFolder;
  /** Path of the folder relative to the root with a `/` behind it; empty for the root. */
  readonly prefix: string;
  readonly depth: number;
  readonly rules: IgnoreRules;
}

/**
 * Walks a folder in the byte order of the paths below it, one file in memory at a time. Everything
 * is opened by descriptor, relative to the folder that holds it, and never through a link.
 *
 * Left out without a word: what a .gitignore or .ragignore inside the root ignores, names that begin with
 * a dot, `node_modules`. Everything else that is left out is a finding. Hard links: a file with several
 * names is indexed with a note when it belongs to the owner of the root, and refused otherwise,
 * because somebody may have linked a private file of another user into a folder of theirs.
 *
 * @throws CodedError DOCUMENT_ROOT when the root cannot be read; the reason of `signal` when aborted.
 */
export async function* walkFolder(
  root: string,
  options: AdmissionOptions = {},
): AsyncGenerator<Admission, void, undefined> {
  const folder = openRoot(root);
  try {
    const walk: Walk = {
      root: folder,
      maxFileBytes: options.maxFileBytes ?? defaultMaxFileBytes,
      maxDepth: options.maxDepth ?? defaultMaxDepth,
      accept: options.accept ?? ((): boolean => true),
      onFolder: options.onFolder,
      signal: options.signal,
    };
    yield* walkPlace(walk, { folder, prefix: "", depth: 0, rules: noIgnoreRules });
  } finally {
    closeSync(folder.fd);
  }
}

function* walkPlace(walk: Walk, place: Place): Generator<Admission, void, undefined> {
  let listed: Dirent<Buffer>[];
  if (walk.onFolder !== undefined) {
    const identity = folderIdentity(place.folder);
    walk.onFolder({ path: place.prefix.slice(0, -1), handle: place.folder.self, identity });
  }
  try {
    listed = listFolder(place.folder);
  } catch (error) {
    yield openFailure(place.prefix === "" ? "." : place.prefix, error);
    return;
  }
  const { entries, findings } = sortEntries(listed, place.prefix);
  yield* findings;
  let { rules } = place;
  for (const name of ignoreFileNames) {
    if (entries.some((entry) => entry.name === name && entry.type !== "folder")) {
      const own = readOwnRules(walk, { ...place, rules }, name);
      rules = own.rules;
      yield* own.findings;
    }
  }
  for (const entry of entries) {
    walk.signal?.throwIfAborted();
    yield* visit(walk, { ...place, rules }, entry);
  }
}

function* visit(walk: Walk, place: Place, entry: Entry): Generator<Admission, void, undefined> {
  const path = `${place.prefix}${entry.name}`;
  const secret = entry.type === "folder" ? secretFolder(entry.name) : secretFile(path);
  if (secret !== undefined) {
    if (!secret.silent) {
      yield admissionFinding("DOCUMENT_SECRET_NAME", path, `not read: ${secret.reason}`);
    }
    return;
  }
  if (entry.name.startsWith(".") || (entry.type === "folder" && entry.name === "node_modules")) {
    return;
  }
  if (isIgnored(place.rules, entry.type === "folder" ? `${path}/` : path)) {
    return;
  }
  switch (entry.type) {
    case "folder":
      yield* visitFolder(walk, place, entry.name, path);
      return;
    case "link":
      yield linkFinding(walk.root, place.folder, entry.name, path) ?? vanished(path);
      return;
    case "special":
      yield admissionFinding(
        "DOCUMENT_SPECIAL_FILE",
        path,
        "expected a regular file, got a FIFO, socket or device; not opened",
      );
      return;
    case "file":
      if (isGeneratedName(entry.name)) {
        yield admissionFinding("DOCUMENT_GENERATED", path, "a tool wrote it for tools; not read");
      } else if (walk.accept(path)) {
        const { root, maxFileBytes: maxBytes } = walk;
        yield* readRegularFile({ root, folder: place.folder, name: entry.name, path, maxBytes });
      }
  }
}

function* visitFolder(
  walk: Walk,
  place: Place,
  name: string,
  path: string,
): Generator<Admission, void, undefined> {
  if (place.depth >= walk.maxDepth) {
    yield admissionFinding(
      "DOCUMENT_TOO_DEEP",
      `${path}/`,
      `expected at most ${walk.maxDepth} folders inside each other; nothing below is read`,
    );
    return;
  }
  let folder: OpenFolder;
  try {
    folder = openChildFolder(place.folder, name);
  } catch (error) {
    yield linkFinding(walk.root, place.folder, name, path) ?? openFailure(`${path}/`, error);
    return;
  }
  try {
    if (walk.root.holds(folder.fd)) {
      yield* walkPlace(walk, {
        folder,
        prefix: `${path}/`,
        depth: place.depth + 1,
        rules: rulesInside(place.rules, `${path}/`),
      });
    } else {
      yield admissionFinding(
        "DOCUMENT_OUTSIDE_ROOT",
        `${path}/`,
        "once open, it lay outside the folder; not read",
      );
    }
  } finally {
    closeSync(folder.fd);
  }
}

function vanished(path: string): AdmissionFinding {
  return admissionFinding("DOCUMENT_VANISHED", path, "it was gone before it could be looked at");
}

/** Folders sort as if their name ended with `/`, so that whole paths come in byte order. */
function sortEntries(
  listed: readonly Dirent<Buffer>[],
  prefix: string,
): { readonly entries: readonly Entry[]; readonly findings: readonly AdmissionFinding[] } {
  const entries: Entry[] = [];
  const findings: AdmissionFinding[] = [];
  for (const dirent of listed) {
    if (isUtf8(dirent.name)) {
      const type = typeOf(dirent);
      const slash = Buffer.from(type === "folder" ? "/" : "");
      entries.push({
        name: dirent.name.toString("utf8"),
        type,
        order: Buffer.concat([dirent.name, slash]),
      });
    } else {
      const shown = `${prefix}${escapeName(dirent.name)}`;
      findings.push(
        admissionFinding("DOCUMENT_NAME_NOT_UTF8", shown, "its name is not valid UTF-8; not read"),
      );
    }
  }
  entries.sort((a, b) => Buffer.compare(a.order, b.order));
  findings.sort((a, b) => ((a.finding.file ?? "") < (b.finding.file ?? "") ? -1 : 1));
  return { entries, findings };
}

function typeOf(dirent: Dirent<Buffer>): Entry["type"] {
  if (dirent.isFile()) {
    return "file";
  }
  if (dirent.isDirectory()) {
    return "folder";
  }
  return dirent.isSymbolicLink() ? "link" : "special";
}

/** ASCII as it is, every other byte as `\xNN`. */
function escapeName(name: Buffer): string {
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");
}

function readOwnRules(
  walk: Walk,
  place: Place,
  name: IgnoreFileName,
): { readonly rules: IgnoreRules; readonly findings: readonly AdmissionFinding[] } {
  const path = `${place.prefix}${name}`;
  const findings: AdmissionFinding[] = [];
  for (const step of readRegularFile({
    root: walk.root,
    folder: place.folder,
    name,
    path,
    maxBytes: maxIgnoreFileBytes,
  })) {
    if (step.kind === "file") {
      const text = Buffer.from(step.bytes).toString("utf8");
      const read = readIgnoreRules(place.rules, name, place.prefix, text);
      return { rules: read.rules, findings: read.findings };
    }
    if (step.finding.code !== "DOCUMENT_EMPTY" && step.finding.code !== "DOCUMENT_HARD_LINK") {
      const why = `it cannot be used: ${step.finding.message}`;
      findings.push(admissionFinding("DOCUMENT_IGNORE_FILE", path, why));
    }
  }
  return { rules: place.rules, findings };
}
