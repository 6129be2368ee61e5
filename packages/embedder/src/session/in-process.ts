import { setImmediate } from "node:timers/promises";

import { CodedError } from "@clawkeep/diagnostics";

import type { Encoder } from "../encoder.ts";
import { encoderClosed, encodingFailed, sessionFailed } from "../errors.ts";
import type { Session, SessionPlan } from "./session.ts";
import { openSession } from "./session.ts";

/** An encoder in the calling thread, which is busy while a text is embedded and free between two. */
export function openInProcess(plan: SessionPlan): Encoder {
  let session: Session | undefined = open(plan);
  return {
    async encode(texts, signal) {
      const vectors = new Float32Array(texts.length * plan.dimensions);
      for (const [row, ids] of texts.entries()) {
        if (row > 0) {
          await setImmediate();
        }
        signal?.throwIfAborted();
        if (session === undefined) {
          throw encoderClosed();
        }
        vectors.set(run(session, ids), row * plan.dimensions);
      }
      return vectors;
    },
    close() {
      session?.close();
      session = undefined;
      return Promise.resolve();
    },
  };
}

function open(plan: SessionPlan): Session {
  try {
    return openSession(plan);
  } catch (error) {
    throw sessionFailed(error instanceof Error ? error.message : String(error), error);
  }
}

function run(session: Session, ids: Int32Array): Float32Array {
  try {
    return session.run(ids);
  } catch (error) {
    throw error instanceof CodedError
      ? error
      : encodingFailed(error instanceof Error ? error.message : String(error), error);
  }
}
