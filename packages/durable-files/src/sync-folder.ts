import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Makes the names in a folder durable: a created or renamed file survives a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
