import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
