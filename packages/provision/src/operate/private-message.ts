import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ServiceDefinition } from "../supervise/service-definition.ts";

/**
 * Gives a text to a program by a file that only this uid can read, and removes it afterwards: in an argument
 * it would stand in the process list.
 */
export async function withPrivateMessage<T>(
  text: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "claw-message-"));
  try {
    const file = join(folder, "message");
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The same for a program that runs beside a service: the file is the account's, in the folder that the service works
 * in, since that is what both a cage and an account without a home have.
 *
 * @param use Is given the path as the service sees it.
 */
export async function withMessageBeside<T>(
  { account, cage, cwd }: Pick<ServiceDefinition, "account" | "cage" | "cwd">,
  text: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  if (account === undefined && cage === undefined) return withPrivateMessage(text, use);
  const bind = cage?.binds.findLast(({ target, writable }) => writable && target === cwd);
  const name = `.claw-message-${randomBytes(12).toString("hex")}`;
  const file = join(bind?.source ?? cwd, name);
  // Others write to that folder: what lies there under this name is neither followed nor written over.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o600);
  try {
    try {
      await handle.writeFile(text);
      if (account !== undefined) await handle.chown(account.uid, account.gid);
    } finally {
      await handle.close();
    }
    return await use(join(cwd, name));
  } finally {
    await rm(file, { force: true });
  }
}
