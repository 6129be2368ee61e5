import type { Stats } from "node:fs";
import { lstatSync, realpathSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { checkSocketPath } from "./socket-place.ts";

/** Whose socket a client is ready to talk to. */
export interface SocketTrust {
  /**
   * The uid that has to own folder and socket. Default: this process's own, and then nobody else may
   * look into the folder. With another uid its group may, but not write.
   */
  readonly owner?: number;
  /** The folder of one's own may be seen by others, who may not change it: a group is let in. */
  readonly shared?: boolean;
}

/**
 * Checks a socket before anything is sent to it: neither it nor its folder is a link, both belong to
 * the uid that is expected, nobody else can put another socket there. Synchronous, and needs nothing but
 * the file system: a client that asks once has no time for more. Node shows no peer credentials.
 *
 * @returns false when there is no socket
 * @throws CodedError `SERVICE_FOLDER_LINK`, `SERVICE_FOLDER_FOREIGN`, `SERVICE_FOLDER_OPEN`,
 *   `SERVICE_SOCKET_FOREIGN`, `SERVICE_SOCKET_NONE` (something else lies there), `SERVICE_PATH_LONG`
 */
export function checkSocket(socket: string, trust: SocketTrust = {}): boolean {
  checkSocketPath(socket);
  const own = process.geteuid?.();
  const owner = trust.owner ?? own;
  const folder = path.dirname(path.resolve(socket));
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) {
    return false;
  }
  if (!stats.isDirectory()) {
    throw refused("SERVICE_FOLDER_LINK", folder, "a folder, got a link or a file");
  }
  checkOwner("SERVICE_FOLDER_FOREIGN", folder, stats, owner);
  const forbidden = owner === own && trust.shared !== true ? 0o077 : 0o022;
  if ((stats.mode & forbidden) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw refused("SERVICE_FOLDER_OPEN", folder, `no right of others to change it, got ${mode}`);
  }
  checkParents(folder, owner);
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined) {
    return false;
  }
  if (!found.isSocket()) {
    throw refused("SERVICE_SOCKET_NONE", socket, "a socket, got something else");
  }
  checkOwner("SERVICE_SOCKET_FOREIGN", socket, found, owner);
  return true;
}

/** In a parent that others can write to, the folder could be another one by the time of the call. */
function checkParents(folder: string, owner: number | undefined): void {
  const trusted = [0, process.geteuid?.(), owner];
  for (let parent = path.dirname(realpathSync(folder)); ; parent = path.dirname(parent)) {
    const { mode, uid } = lstatSync(parent);
    // Sticky: others may write in it, and may not rename or remove what is not theirs (/tmp).
    const isOpen = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
    if (isOpen || (owner !== process.geteuid?.() && !trusted.includes(uid))) {
      throw refused(
        "SERVICE_FOLDER_OPEN",
        folder,
        `parents that others cannot change, got ${parent}`,
      );
    }
    if (path.dirname(parent) === parent) {
      return;
    }
  }
}

function checkOwner(code: string, at: string, stats: Stats, owner: number | undefined): void {
  if (owner !== undefined && stats.uid !== owner) {
    throw refused(code, at, `an owner with uid ${owner}, got uid ${stats.uid}`);
  }
}

function refused(code: string, at: string, expected: string): CodedError {
  return new CodedError({
    code,
    message: `${at}: expected ${expected}`,
    hint: "Nothing was sent. Find out who made it before you remove it.",
  });
}
