import { chmodSync, chownSync, lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:net";

import { CodedError } from "@clawkeep/diagnostics";

/** Who besides its owner may connect. */
export interface SocketSharing {
  /** A group whose members may connect: the socket gets mode 0660. The folder has to let them in. */
  readonly group?: number;
}

/**
 * Makes a server listen at a path. A socket of ours that lies there is one of an instance that died,
 * since the caller holds the lock; anything else stays.
 *
 * @throws CodedError `SERVICE_PATH_TAKEN`; the system's error when it cannot be bound
 */
export async function bindSocket(
  server: Server,
  socket: string,
  { group }: SocketSharing = {},
): Promise<void> {
  const stats = lstatSync(socket, { throwIfNoEntry: false });
  if (stats !== undefined) {
    const own = process.geteuid?.();
    if (!stats.isSocket() || (own !== undefined && stats.uid !== own)) {
      throw new CodedError({
        code: "SERVICE_PATH_TAKEN",
        message: `${socket}: expected nothing or a socket of our own, got something else`,
        hint: "Find out who made it, then remove it.",
      });
    }
    unlinkSync(socket);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      server.off("error", reject);
      resolve();
    });
  });
  if (group !== undefined) {
    chownSync(socket, -1, group);
  }
  chmodSync(socket, group === undefined ? 0o600 : 0o660);
}
