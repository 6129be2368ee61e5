import { ensurePrivateFolder, replaceFile, syncFolder } from "@clawkeep/durable-files";
import { randomBytes } from "node:crypto";
import { lstat, mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";

import { writeClosureIdentity } from "./closure-identity.ts";
import { closureDigest, closurePath, closureText } from "./closure-manifest.ts";
import type { ClosureManifest, ManifestFile } from "./closure-manifest.ts";
import type { ClosureSource } from "./closure-source.ts";
import { copyAndHash } from "./copy-file.ts";
import { closureHolds, openClosure } from "./open-closure.ts";
import type { StoredClosure } from "./open-closure.ts";
import { storeInterpreter } from "./store-interpreter.ts";
import { whileStoreIsLocked } from "./store-lock.ts";

/**
 * Copies a closure into the store, hashing the copies, so that the bytes hashed are the bytes kept.
 * Does nothing but hash when the same closure is there already.
 *
 * @param home The state folder, private.
 */
export async function storeClosure(home: string, source: ClosureSource): Promise<StoredClosure> {
  const folder = path.join(home, "closures");
  await ensurePrivateFolder(folder);
  return whileStoreIsLocked(home, () => store(home, folder, source));
}

async function store(home: string, folder: string, source: ClosureSource): Promise<StoredClosure> {
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
    const closure = closureDigest(manifest);
    const target = closurePath(home, closure);
    await replaceFile(path.join(temporary, "manifest.json"), `${closureText(manifest)}\n`);
    await moveInto(temporary, target, files);
    const sources = [
      ...source.files.map((file) => file.source),
      ...source.folders,
      ...(interpreter === undefined ? [] : [interpreter.source]),
    ];
    await writeClosureIdentity(target, manifest, interpreter?.path, sources);
    const stored = await openClosure(home, closure);
    if (stored === undefined) {
      throw new Error("the closure cannot be read back");
    }
    return stored;
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
    const copy = await copyAndHash(file.source, at, executable ? 0o555 : 0o444);
    files.push({ path: file.path, digest: copy.digest, bytes: copy.bytes, executable });
  }
  return files;
}

async function moveInto(
  temporary: string,
  target: string,
  files: readonly ManifestFile[],
): Promise<void> {
  if (await lstat(target).catch(() => undefined)) {
    if (await closureHolds(target, files)) {
      // It is wanted again: cleaning looks at when that was.
      await utimes(target, new Date(), new Date());
      return;
    }
    await rm(target, { recursive: true, force: true });
  }
  await rename(temporary, target).catch(async (error: unknown) => {
    if (!(await closureHolds(target, files))) {
      throw error;
    }
  });
  await syncFolder(path.dirname(target));
}
