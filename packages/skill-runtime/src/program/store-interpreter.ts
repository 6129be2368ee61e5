import { ensurePrivateFolder, syncFolder } from "@clawkeep/durable-files";
import { digestFile } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";

import { copyAndHash } from "./copy-file.ts";
import type { FoundInterpreter } from "./interpreters.ts";

/** An interpreter with its digest: a private copy, or the system's own where it lies. */
export interface StoredInterpreter {
  readonly kind: "node" | "python3" | "sh";
  readonly argv: readonly string[];
  readonly standalone: boolean;
  readonly digest: Digest;
  /** What runs. */
  readonly path: string;
  /** What it was taken from. */
  readonly source: string;
}

/** Copies a standalone interpreter into the store. One copy serves every closure. */
export async function storeInterpreter(
  home: string,
  found: FoundInterpreter,
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
    const copy = await copyAndHash(found.path, path.join(temporary, kind), 0o555);
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
