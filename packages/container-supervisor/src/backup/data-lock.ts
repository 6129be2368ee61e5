import { join } from "node:path";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder, lockFile } from "@clawkeep/durable-files";
import type { Lock } from "@clawkeep/durable-files";

import type { ContainerPlace } from "../settings/container-place.ts";
import { dataFolders } from "../settings/container-place.ts";

/**
 * Takes the volume for this process: one container runs on it, or one backup or restore. The kernel gives it back.
 *
 * @throws CodedError `CONTAINER_DATA_TAKEN`
 */
export async function lockData(place: ContainerPlace): Promise<Lock> {
  const { config } = dataFolders(place);
  await ensurePrivateFolder(config);
  try {
    return await lockFile(join(config, "volume.lock"), { waitMs: 0 });
  } catch (error) {
    if (!isCodedError(error) || error.code !== "FILE_LOCKED") throw error;
    throw new CodedError({
      code: "CONTAINER_DATA_TAKEN",
      message: `${place.data}: expected a volume that nobody uses, got one that a container runs on`,
      hint: "Stop that container first: docker stop NAME.",
      cause: error,
    });
  }
}
