import { connect } from "node:net";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { checkSocket } from "@clawkeep/service";

/** Options of `connect` as they were written. */
export interface ConnectOptions {
  readonly owner?: string;
}

/**
 * Copies bytes between standard streams and the socket of a skills service, and does nothing else: what
 * starts it has no right over the service but to call it.
 */
export async function connectService(socket: string, { owner }: ConnectOptions): Promise<number> {
  if (owner !== undefined && !/^[0-9]{1,10}$/u.test(owner)) {
    throw new CodedError({ code: "USAGE", message: "expected --owner as a user id" });
  }
  const at = path.resolve(socket);
  if (!checkSocket(at, owner === undefined ? {} : { owner: Number(owner) })) {
    throw new CodedError({
      code: "SERVICE_ABSENT",
      message: `expected a skills service at ${at}, found no socket`,
      hint: "Start it: clawkeep-skill serve --socket PATH",
    });
  }
  return new Promise((resolve, reject) => {
    const connection = connect(at);
    connection.once("connect", () => {
      process.stdin.pipe(connection);
      connection.pipe(process.stdout);
    });
    connection.once("error", (cause) => {
      const message = `expected to connect to ${at}: ${cause.message}`;
      reject(new CodedError({ code: "SERVICE_ABSENT", message, cause }));
    });
    connection.once("close", () => {
      process.stdin.destroy();
      resolve(0);
    });
  });
}
