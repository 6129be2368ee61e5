/**
 * The program of an embedding worker. It imports no other package, only files beside it, so that it
 * starts from source, from this package's build, and from a bundle of an application alike.
 */
import { parentPort, workerData } from "node:worker_threads";

import type { Session } from "../session/session.ts";
import { openSession } from "../session/session.ts";
import type { WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function open(): Session | undefined {
  try {
    // Only `startPool` starts this file, with a plan made there.
    const session = openSession(workerData as WorkerStart);
    reply({ kind: "ready" });
    return session;
  } catch (error) {
    reply({ kind: "failed", why: describe(error) });
    return undefined;
  }
}

const session = open();
const dimensions = (workerData as WorkerStart).dimensions;

if (session === undefined) {
  parentPort?.close();
}
parentPort?.on("message", (request: WorkerRequest) => {
  if (request.kind === "end" || session === undefined) {
    session?.close();
    parentPort?.close();
    return;
  }
  const { task, ids } = request;
  try {
    const vectors = new Float32Array(ids.length * dimensions);
    ids.forEach((list, row) => vectors.set(session.run(list), row * dimensions));
    reply({ kind: "vectors", task, vectors }, [vectors.buffer]);
  } catch (error) {
    reply({ kind: "failed", task, why: describe(error) });
  }
});
