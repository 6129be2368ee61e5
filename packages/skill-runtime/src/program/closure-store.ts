import { CodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, replaceFile, syncFolder } from "@clawkeep/durable-files";
import { canonicalJson, digestBytes, digestFile, isDigest } from "@clawkeep/integrity";
import type { Digest, JsonValue } from "@clawkeep/integrity";
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, lstat, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

import type { ClosureSource } from "./closure-source.ts";
import { fileIdentity, identitiesHold } from "./file-identity.ts";

/**
 * The files of a program, each with its digest, and how it is started. This is what a closure's
 * digest is over: paths, bytes and bits, and not where they came from.
 */
export interface ClosureManifest {
  readonly closure: 1;
  readonly kind: "installed" | "file";
  /** Path in the closure of the file that runs. */
  readonly entry: string;
  readonly interpreter?: {
    readonly kind: "node" | "python3" | "sh";
    readonly digest: Digest;
    /** Arguments before the entry. */
    readonly argv: readonly string[];
    /** True when the one file is the whole interpreter, so that a private copy of it runs. */
    readonly standalone: boolean;
  };
  /** Sorted by path. */
  readonly files: readonly ManifestFile[];
}

interface ManifestFile {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly executable: boolean;
}

/** How the files looked when they were last hashed: those of the store, and those they came from. */
interface Identity {
  readonly stored: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, string>>;
  readonly interpreterPath?: string;
}

const digest: z.ZodType<Digest> = z.custom<Digest>(isDigest);

const manifestSchema: z.ZodType<ClosureManifest> = z.strictObject({
  closure: z.literal(1),
  kind: z.enum(["installed", "file"]),
  entry: z.string(),
  interpreter: z
    .strictObject({
      kind: z.enum(["node", "python3", "sh"]),
      digest,
      argv: z.array(z.string()),
      standalone: z.boolean(),
    })
    .exactOptional(),
  files: z.array(
    z.strictObject({ path: z.string(), digest, bytes: z.number(), executable: z.boolean() }),
  ),
});

const identitySchema: z.ZodType<Identity> = z.strictObject({
  stored: z.record(z.string(), z.string()),
  sources: z.record(z.string(), z.string()),
  interpreterPath: z.string().exactOptional(),
});

/** A closure in the private store: the very bytes that a run executes. */
export interface StoredClosure {
  readonly digest: Digest;
  readonly manifest: ClosureManifest;
  /** Absolute folder that holds the files. */
  readonly folder: string;
  /** Absolute path of the interpreter that runs: a private copy, or the system's own. */
  readonly interpreterPath?: string;
  /** False when the interpreter belongs to the system, so that its libraries were not hashed. */
  readonly complete: boolean;
  /** True while the files that it was copied from look as they did. */
  readonly sourcesHold: boolean;
}

/**
 * Copies a closure into the store, hashing the copies, so that the bytes hashed are the bytes kept.
 * Does nothing but hash when the same closure is there already.
 *
 * @param home The state folder, private.
 */
export async function storeClosure(home: string, source: ClosureSource): Promise<StoredClosure> {
  const folder = path.join(home, "closures");
  await ensurePrivateFolder(folder);
  const interpreter = source.interpreter && (await storeInterpreter(home, source.interpreter));
  const temporary = path.join(folder, `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const files = await copyFiles(source, path.join(temporary, "files"));
    const manifest: ClosureManifest = {
      closure: 1,
      kind: source.kind,
      entry: source.entry,
      ...(interpreter === undefined
        ? {}
        : {
            interpreter: {
              kind: interpreter.kind,
              digest: interpreter.digest,
              argv: interpreter.argv,
              standalone: interpreter.standalone,
            },
          }),
      files,
    };
    const closure = manifestDigest(manifest);
    const target = path.join(folder, closure.slice("sha256:".length));
    await replaceFile(
      path.join(temporary, "manifest.json"),
      `${canonicalJson(asJson(manifest))}\n`,
    );
    await seal(path.join(temporary, "files"), files);
    await moveInto(temporary, target, files);
    const sources = [
      ...source.files.map((file) => file.source),
      ...source.folders,
      ...(interpreter === undefined ? [] : [interpreter.source]),
    ];
    await writeIdentity(target, manifest, interpreter?.path, sources);
    const stored = await openClosure(home, closure);
    if (stored === undefined) {
      throw new Error("the closure cannot be read back");
    }
    return stored;
  } finally {
    await removeTree(temporary);
  }
}

/**
 * Opens a closure by its digest, comparing what the file system says of each file with what it said
 * when the file was hashed. Where that differs, the bytes are hashed again.
 *
 * @returns `undefined` when the store has no such closure.
 * @throws CodedError CLOSURE_CHANGED when its bytes are no longer the ones of its digest.
 */
export async function openClosure(
  home: string,
  closure: Digest,
): Promise<StoredClosure | undefined> {
  const at = path.join(home, "closures", closure.slice("sha256:".length));
  const manifestBytes = await readFile(path.join(at, "manifest.json")).catch(() => undefined);
  if (manifestBytes === undefined) {
    return undefined;
  }
  const manifest = parseManifest(manifestBytes, closure);
  const identity = await readIdentity(at);
  const interpreterPath = identity?.interpreterPath;
  if (identity === undefined || !identitiesHold(identity.stored)) {
    await verifyBytes(at, manifest, interpreterPath, closure);
    await writeIdentity(
      at,
      manifest,
      interpreterPath,
      Object.keys(identity?.sources ?? {}),
      identity?.sources,
    );
  }
  return {
    digest: closure,
    manifest,
    folder: path.join(at, "files"),
    ...(interpreterPath === undefined ? {} : { interpreterPath }),
    complete: manifest.interpreter?.standalone !== false,
    sourcesHold: identity !== undefined && identitiesHold(identity.sources),
  };
}

/** The digest that `skills.lock` and every record name. */
function manifestDigest(manifest: ClosureManifest): Digest {
  return digestBytes(canonicalJson(asJson(manifest)), "clawkeep/closure/v1");
}

/** An optional field that is absent is not there for JSON, which its type cannot say. */
function asJson(manifest: ClosureManifest): JsonValue {
  const { interpreter, files, ...rest } = manifest;
  return {
    ...rest,
    files: files.map((file) => ({ ...file })),
    ...(interpreter === undefined ? {} : { interpreter: { ...interpreter } }),
  };
}

interface StoredInterpreter {
  readonly kind: "node" | "python3" | "sh";
  readonly argv: readonly string[];
  readonly standalone: boolean;
  readonly digest: Digest;
  /** What runs. */
  readonly path: string;
  /** What it was taken from. */
  readonly source: string;
}

/** One copy of an interpreter serves every closure. */
async function storeInterpreter(
  home: string,
  found: NonNullable<ClosureSource["interpreter"]>,
): Promise<StoredInterpreter> {
  const { kind, argv, standalone } = found;
  const common = { kind, argv, standalone, source: found.path };
  if (!standalone) {
    return { ...common, digest: await digestFile(found.path), path: found.path };
  }
  const folder = path.join(home, "interpreters");
  await ensurePrivateFolder(folder);
  const temporary = path.join(folder, `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    await mkdir(temporary, { mode: 0o700 });
    const copy = await copyOne(found.path, path.join(temporary, kind), 0o555);
    const at = path.join(folder, copy.digest.slice("sha256:".length));
    await rename(temporary, at).catch(async (error: unknown) => {
      // Somebody was faster, or it was there: then its bytes must be these.
      if ((await digestFile(path.join(at, kind)).catch(() => undefined)) !== copy.digest) {
        throw error;
      }
    });
    await syncFolder(folder);
    return { ...common, digest: copy.digest, path: path.join(at, kind) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function copyFiles(source: ClosureSource, target: string): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const file of source.files) {
    const at = path.join(target, file.path);
    await mkdir(path.dirname(at), { recursive: true, mode: 0o700 });
    const { mode } = await stat(file.source);
    const executable = (mode & 0o100) !== 0;
    const copy = await copyOne(file.source, at, executable ? 0o555 : 0o444);
    files.push({ path: file.path, digest: copy.digest, bytes: copy.bytes, executable });
  }
  return files;
}

/** Copies, then hashes the copy: whatever happens to the source meanwhile, the digest is the copy's. */
async function copyOne(
  source: string,
  target: string,
  mode: number,
): Promise<{ readonly digest: Digest; readonly bytes: number }> {
  await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(target, mode);
  await using handle = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW);
  await handle.sync();
  return { digest: await digestFile(target), bytes: (await handle.stat()).size };
}

async function moveInto(
  temporary: string,
  target: string,
  files: readonly ManifestFile[],
): Promise<void> {
  if (await lstat(target).catch(() => undefined)) {
    if (await sameBytes(target, files)) {
      return;
    }
    await removeTree(target);
  }
  await rename(temporary, target).catch(async (error: unknown) => {
    if (!(await sameBytes(target, files))) {
      throw error;
    }
  });
  await syncFolder(path.dirname(target));
}

async function sameBytes(at: string, files: readonly ManifestFile[]): Promise<boolean> {
  for (const file of files) {
    const found = await digestFile(path.join(at, "files", file.path)).catch(() => undefined);
    if (found !== file.digest) {
      return false;
    }
  }
  return true;
}

/** Folders lose their write bit, so that a slip of this very user does not add a file. */
async function seal(folder: string, files: readonly ManifestFile[]): Promise<void> {
  for (const at of foldersOf(folder, files).reverse()) {
    await chmod(at, 0o500);
  }
}

async function removeTree(at: string): Promise<void> {
  const text = await readFile(path.join(at, "manifest.json"), "utf8").catch(() => undefined);
  if (text !== undefined) {
    const { files } = manifestSchema.parse(JSON.parse(text));
    for (const folder of foldersOf(path.join(at, "files"), files)) {
      await chmod(folder, 0o700).catch(() => undefined);
    }
  }
  await rm(at, { recursive: true, force: true });
}

/** The folder itself and all that its files lie in, outermost first. */
function foldersOf(folder: string, files: readonly ManifestFile[]): string[] {
  const folders = new Set([folder]);
  for (const file of files) {
    const parts = file.path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      folders.add(path.join(folder, ...parts.slice(0, depth)));
    }
  }
  return [...folders].sort();
}

async function verifyBytes(
  at: string,
  manifest: ClosureManifest,
  interpreterPath: string | undefined,
  closure: Digest,
): Promise<void> {
  const interpreterHolds =
    manifest.interpreter === undefined ||
    (interpreterPath !== undefined &&
      (await digestFile(interpreterPath).catch(() => undefined)) === manifest.interpreter.digest);
  if (!interpreterHolds || !(await sameBytes(at, manifest.files))) {
    throw changed(closure);
  }
}

async function writeIdentity(
  at: string,
  manifest: ClosureManifest,
  interpreterPath: string | undefined,
  sources: readonly string[],
  known?: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = path.join(at, "files");
  const stored = [
    ...manifest.files.map((file) => path.join(folder, file.path)),
    ...foldersOf(folder, manifest.files),
    ...(interpreterPath === undefined ? [] : [interpreterPath]),
  ];
  const identify = (files: readonly string[]): Record<string, string> =>
    Object.fromEntries(files.map((file) => [file, fileIdentity(file) ?? "absent"]));
  await replaceFile(
    path.join(at, "identity.json"),
    `${JSON.stringify({
      stored: identify(stored),
      sources: known ?? identify(sources),
      ...(interpreterPath === undefined ? {} : { interpreterPath }),
    })}\n`,
  );
}

async function readIdentity(at: string): Promise<Identity | undefined> {
  try {
    const text = await readFile(path.join(at, "identity.json"), "utf8");
    return identitySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function parseManifest(bytes: Buffer, closure: Digest): ClosureManifest {
  try {
    const manifest = manifestSchema.parse(JSON.parse(bytes.toString("utf8")));
    if (manifestDigest(manifest) === closure) {
      return manifest;
    }
  } catch {
    // Damaged, which is the same to the caller.
  }
  throw changed(closure);
}

function changed(closure: Digest): CodedError {
  return new CodedError({
    code: "CLOSURE_CHANGED",
    message: `the stored program ${closure} is no longer what was locked`,
    hint: "find out who changed the state folder; `skill lock` stores the program again",
  });
}
