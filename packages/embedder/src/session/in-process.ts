import { setImmediate } from "node:timers/promises";

import { CodedError } from "@clawkeep/diagnostics";

import type { Encoder } from "../encoder.ts";
import { encoderClosed, encodingFailed, sessionFailed } from "../errors.ts";
import type { Session, SessionPlan } from "./session.ts";
import { openSession } from "./session.ts";

/**
 * An encoder in the calling thread, which is busy while a text is embedded and free before each.
 *
 * @param withHelper A second thread begins a text at once, so that the calling one can do other things first; then
 *   both work on it.
 */
export function openInProcess(plan: SessionPlan, withHelper: boolean): Encoder {
  let session: Session | undefined = open(plan);
  let isBegun = false;
  const requireOpen = (): Session => {
    if (session === undefined) {
      throw encoderClosed();
    }
    return session;
  };
  /** One text at a time; who comes beside it is answered by the calling thread alone. */
  const beginFirst = (ids: Int32Array): (() => Float32Array) | undefined => {
    if (!withHelper || isBegun) {
      return undefined;
    }
    const end = guarded(() => requireOpen().begin(ids));
    isBegun = true;
    return () => {
      isBegun = false;
      requireOpen();
      return guarded(end);
    };
  };
  return {
    async encode(texts, signal) {
      const vectors = new Float32Array(texts.length * plan.dimensions);
      for (const [row, ids] of texts.entries()) {
        signal?.throwIfAborted();
        const end = beginFirst(ids);
        await setImmediate();
        // What was begun is ended whoever still wants it: the next one needs its place.
        const vector = end?.();
        signal?.throwIfAborted();
        vectors.set(vector ?? guarded(() => requireOpen().run(ids)), row * plan.dimensions);
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

function guarded<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw error instanceof CodedError
      ? error
      : encodingFailed(error instanceof Error ? error.message : String(error), error);
  }
}
