import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";
import path from "node:path";

/**
 * Keeps an output that was cut for the caller, under the execution's id in the state folder.
 * @returns the absolute path
 */
export async function keepArtifact(home: string, id: string, bytes: Uint8Array): Promise<string> {
  const folder = path.join(home, "artifacts");
  await ensurePrivateFolder(folder);
  const file = path.join(folder, `${id}.stdout`);
  await replaceFile(file, bytes);
  return file;
}
