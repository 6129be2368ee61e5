/**
 * The program of an embedding worker. It imports no other package but the one that loads the native engine, only
 * files beside it, so that it starts from source, from this package's build, and from a bundle of an application alike.
 */
import { parentPort, workerData } from "node:worker_threads";

import type { Session } from "../session/session.ts";
import { openSession } from "../session/session.ts";
import type { WorkerReply, WorkerRequest, WorkerStart } from "./messages.ts";
import { unlessStopped } from "./stop-flags.ts";

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Only `openWorkerPool` starts this file, with what it says there.
const { plan, flags, index } = workerData as WorkerStart;

function open(): Session | undefined {
  try {
    const opened = unlessStopped(flags, index, () => openSession(plan));
    if (opened !== undefined) {
      reply({ kind: "ready" });
    }
    return opened;
  } catch (error) {
    reply({ kind: "failed", why: describe(error) });
    return undefined;
  }
}

/** Undefined when this worker has to stop. */
function embed(session: Session, texts: readonly Int32Array[]): Float32Array | undefined {
  const vectors = new Float32Array(texts.length * plan.dimensions);
  for (const [row, ids] of texts.entries()) {
    const vector = unlessStopped(flags, index, () => session.run(ids));
    if (vector === undefined) {
      return undefined;
    }
    vectors.set(vector, row * plan.dimensions);
  }
  return vectors;
}

const session = open();
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
    const vectors = embed(session, ids);
    if (vectors !== undefined) {
      reply({ kind: "vectors", task, vectors }, [vectors.buffer as ArrayBuffer]);
    }
  } catch (error) {
    reply({ kind: "failed", task, why: describe(error) });
  }
});
