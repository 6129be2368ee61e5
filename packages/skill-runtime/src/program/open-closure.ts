import { CodedError } from "@clawkeep/diagnostics";
import { digestFile } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import path from "node:path";

import { readClosureIdentity, writeClosureIdentity } from "./closure-identity.ts";
import { closureDigest, closureManifestSchema } from "./closure-manifest.ts";
import type { ClosureManifest, ManifestFile } from "./closure-manifest.ts";
import { identitiesHold } from "./file-identity.ts";
import { RememberedFiles } from "./remembered-file.ts";

/** A closure in the private store: the very bytes that a run executes. */
export interface StoredClosure {
  readonly digest: Digest;
  readonly manifest: ClosureManifest;
  /** Absolute folder that holds the files. */
  readonly folder: string;
  /** Absolute path of the interpreter that runs: a private copy, or the system's own. */
  readonly interpreterPath?: string;
  /** False when program or interpreter belong to the system, so that their libraries were not hashed. */
  readonly complete: boolean;
  /** True while the files that it was copied from look as they did. */
  readonly sourcesHold: boolean;
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
  const manifest = readManifest(path.join(at, "manifest.json"), closure);
  if (manifest === undefined) {
    return undefined;
  }
  const identity = await readClosureIdentity(at);
  const interpreterPath = identity?.interpreterPath;
  if (identity === undefined || !identitiesHold(identity.stored)) {
    await verifyBytes(at, manifest, interpreterPath, closure);
    await writeClosureIdentity(
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
    complete: manifest.kind !== "system" && manifest.interpreter?.standalone !== false,
    sourcesHold: identity !== undefined && identitiesHold(identity.sources),
  };
}

/** Whether the files of a closure have the bytes that its manifest says. */
export async function closureHolds(at: string, files: readonly ManifestFile[]): Promise<boolean> {
  for (const file of files) {
    const found = await digestFile(path.join(at, "files", file.path)).catch(() => undefined);
    if (found !== file.digest) {
      return false;
    }
  }
  return true;
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
  if (!interpreterHolds || !(await closureHolds(at, manifest.files))) {
    throw changed(closure);
  }
}

const manifests = new RememberedFiles((bytes) => {
  const manifest = closureManifestSchema.parse(JSON.parse(bytes.toString("utf8")));
  return { manifest, digest: closureDigest(manifest) };
});

function readManifest(file: string, closure: Digest): ClosureManifest | undefined {
  try {
    const read = manifests.read(file);
    if (read === undefined || read.digest === closure) {
      return read?.manifest;
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
