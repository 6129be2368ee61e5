import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/** Where one service keeps what its clients and the next instance look for. */
export interface SocketPlace {
  /** Mode 0700, ours: the security of everything in it. */
  readonly folder: string;
  readonly socket: string;
  /** Held by the one instance for as long as it lives. */
  readonly lock: string;
  readonly log: string;
}

/** `sun_path` with its end: 108 bytes on Linux (unix(7)), 104 on macOS and the BSDs. */
const longestSocketPath: number = process.platform === "linux" ? 107 : 103;

/**
 * The place of a service: `run/NAME.sock` and its neighbours in the state folder. There is no other
 * place to fall back to: a folder that anybody can write to is no substitute.
 *
 * @param name Letters, digits, `-` and `.`; what tells two services of one user apart.
 * @throws CodedError `SERVICE_NAME`; `SERVICE_PATH_LONG` when the kernel takes no socket there
 */
export function socketPlace(home: string, name: string): SocketPlace {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/u.test(name)) {
    throw new CodedError({
      code: "SERVICE_NAME",
      message: `expected letters, digits, "-" and "." as the name of a service, got ${JSON.stringify(name)}`,
    });
  }
  const folder = path.join(home, "run");
  const socket = path.join(folder, `${name}.sock`);
  checkSocketPath(socket);
  return {
    folder,
    socket,
    lock: path.join(folder, `${name}.lock`),
    log: path.join(folder, `${name}.log`),
  };
}

/**
 * Refuses a path that would be cut or not be bound.
 *
 * @throws CodedError `SERVICE_PATH_LONG`
 */
export function checkSocketPath(socket: string): void {
  const bytes = Buffer.byteLength(socket);
  if (bytes > longestSocketPath) {
    throw new CodedError({
      code: "SERVICE_PATH_LONG",
      message: `expected a socket path of at most ${longestSocketPath} bytes, got ${bytes}: ${socket}`,
      hint: "Choose a shorter state folder in CLAWKEEP_HOME.",
    });
  }
}
