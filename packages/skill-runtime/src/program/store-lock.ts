import { lockFile } from "@clawkeep/durable-files";
import path from "node:path";

/** A large program takes a while to be copied and hashed. */
const waitMs = 120_000;

/**
 * Does something while nobody else adds to the closure store of a state folder or removes from it.
 * Runs do not wait for it.
 * @throws CodedError FILE_LOCKED
 */
export async function whileStoreIsLocked<T>(home: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(path.join(home, "closures.lock"), { waitMs });
  try {
    return await work();
  } finally {
    lock.close();
  }
}
