import { isCodedError } from "@clawkeep/diagnostics";
import { openOwnFile, openRegularFile } from "@clawkeep/durable-files";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";

import { maxSecretBytes, refused, unreadable } from "./secret-sources.ts";
import type { FoundSecret, SecretSources } from "./secret-sources.ts";

/** `file:NAME`: a regular file of this user in `secrets` of the state folder, open to nobody else. */
export async function readSecretFile(name: string, { home }: SecretSources): Promise<FoundSecret> {
  return read(() => openOwnFile(path.join(home, "secrets", name)));
}

/**
 * `systemd-credential:NAME`: a file of the folder that the service manager made for this unit
 * (systemd.exec(5), `LoadCredential=`). It belongs to root or to this user, and is for no others;
 * its group bits may be the mask of an access list, which names this user.
 */
export async function readCredential(
  name: string,
  { environment = {} }: SecretSources,
): Promise<FoundSecret> {
  const folder = environment["CREDENTIALS_DIRECTORY"];
  if (folder === undefined || !path.isAbsolute(folder)) {
    return unreadable("this runtime is no unit with credentials ($CREDENTIALS_DIRECTORY)");
  }
  return read(async () => {
    const handle = await openRegularFile(path.join(folder, name));
    const { uid, mode } = await handle.stat();
    const isForOthers = (mode & 0o007) !== 0 || (uid !== 0 && uid !== process.geteuid?.());
    if (!isForOthers) return handle;
    await handle.close();
    throw new Error("expected a file of root or of this user that is not open to others");
  });
}

async function read(open: () => Promise<FileHandle>): Promise<FoundSecret> {
  try {
    await using handle = await open();
    const { size } = await handle.stat();
    if (size > maxSecretBytes) return refused(`expected at most ${maxSecretBytes} bytes`);
    return { bytes: await handle.readFile() };
  } catch (error) {
    const isAbsent = error instanceof Error && "syscall" in error;
    if (!isAbsent && error instanceof Error && !isCodedError(error)) {
      return unreadable(error.message);
    }
    return unreadable(
      isCodedError(error) ? error.message : "there is no such file that can be read",
    );
  }
}
