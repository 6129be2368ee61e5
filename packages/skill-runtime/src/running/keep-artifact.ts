import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import { lstat } from "node:fs/promises";
import path from "node:path";

/**
 * Keeps an output that was cut for the caller, in the state folder, under the digest that the end
 * record has as the one of standard output. Equal outputs are one file.
 * @returns the absolute path
 */
export async function keepArtifact(home: string, bytes: Uint8Array): Promise<string> {
  const folder = path.join(home, "artifacts");
  await ensurePrivateFolder(folder);
  const file = path.join(folder, digestBytes(bytes).slice("sha256:".length));
  const kept = await lstat(file).catch(() => undefined);
  if (kept?.isFile() !== true || kept.size !== bytes.length) {
    await replaceFile(file, bytes);
  }
  return file;
}
