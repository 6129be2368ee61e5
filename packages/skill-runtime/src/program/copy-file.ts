import { digestFile } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { constants } from "node:fs";
import { chmod, copyFile, open } from "node:fs/promises";

/** Copies, then hashes the copy: whatever happens to the source meanwhile, the digest is the copy's. */
export async function copyAndHash(
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
