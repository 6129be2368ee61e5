import { CodedError } from "@clawkeep/diagnostics";
import type { ResidentProcess } from "@clawkeep/sandbox";
import type { LineFailure } from "@clawkeep/service";
import { replyHead } from "@clawkeep/service";

/** An answer as the worker wrote it: one line of JSON. */
export interface RawJson {
  readonly json: string;
}

/** What a confined worker can be asked. */
export type WorkerMethod = "search" | "read" | "status" | "embed";

/** The unconfined end of the worker. */
export interface WorkerClient {
  /**
   * @throws CodedError what the worker said; `WORKER_ENDED` when it died before it answered, `WORKER_DOWN`
   *   while one that dies again and again is not started; `WORKER_REPLY`; `REQUEST_CANCELLED`
   */
  ask(method: WorkerMethod, input: unknown, signal?: AbortSignal): Promise<RawJson>;
  /** How often a worker was started. */
  readonly starts: number;
  close(): Promise<void>;
}

interface Pending {
  readonly head: string;
  readonly resolve: (answer: RawJson) => void;
  readonly reject: (error: unknown) => void;
}

interface Running {
  readonly process: ResidentProcess;
  readonly pending: Map<number, Pending>;
}

/** Milliseconds that a worker is not started again after its second death in a row, doubled each time. */
const firstPauseMs = 100;
const longestPauseMs = 10_000;

/**
 * Starts a worker with the first request, and a new one with the next request after it died. What it
 * had not answered by then is refused with a code; nothing is asked twice.
 *
 * @param open Starts one.
 * @param now Milliseconds from any origin.
 */
export function workerClient(
  open: () => Promise<ResidentProcess>,
  now: () => number = () => performance.now(),
): WorkerClient {
  let running: Promise<Running> | undefined;
  let isClosed = false;
  let [starts, deaths, notBefore, lastId] = [0, 0, 0, 0];

  const died = (): void => {
    running = undefined;
    deaths += 1;
    const pause = deaths < 2 ? 0 : Math.min(firstPauseMs * 2 ** (deaths - 2), longestPauseMs);
    notBefore = now() + pause;
  };
  const start = async (): Promise<Running> => {
    starts += 1;
    const process = await open().catch((error: unknown) => {
      died();
      throw error;
    });
    const started: Running = { process, pending: new Map() };
    void (async () => {
      let broken: string | undefined;
      for await (const line of process.lines()) {
        if (!settle(started.pending, Buffer.from(line).toString("utf8"))) {
          broken = "WORKER_REPLY";
          break;
        }
        deaths = 0;
      }
      const { stderr } = await process.close();
      died();
      const said = isClosed ? "" : `: ${Buffer.from(stderr).toString("utf8").trim().slice(-500)}`;
      for (const { reject } of started.pending.values()) {
        reject(
          new CodedError({
            code: broken ?? "WORKER_ENDED",
            message: `the worker ended before it answered${said === ": " ? "" : said}`,
            hint: "Ask again: another one is started.",
          }),
        );
      }
    })();
    return started;
  };

  return {
    get starts() {
      return starts;
    },
    ask: async (method, input, signal) => {
      signal?.throwIfAborted();
      if (isClosed) {
        throw new CodedError({ code: "WORKER_DOWN", message: "the service has been closed" });
      }
      if (running === undefined && now() < notBefore) {
        throw new CodedError({
          code: "WORKER_DOWN",
          message: `the worker died ${deaths} times in a row and is not started yet`,
          hint: "Try again in some seconds; the log of the service says more.",
        });
      }
      const { process, pending } = await (running ??= start());
      lastId += 1;
      const id = lastId;
      const { promise, resolve, reject } = Promise.withResolvers<RawJson>();
      pending.set(id, { head: replyHead(id), resolve, reject });
      const cancel = (): void => {
        if (!pending.delete(id)) return;
        // Its reply, if it is on the way, is let fall.
        process.write(JSON.stringify({ id: id, method: "cancel", input: id })).catch(() => {});
        reject(new CodedError({ code: "REQUEST_CANCELLED", message: "the request was cancelled" }));
      };
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        await process.write(JSON.stringify({ id, method, input })).catch(() => {
          // It is about to end, and then this request is refused with the others.
        });
        return await promise;
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    },
    close: async () => {
      isClosed = true;
      await (await running?.catch(() => undefined))?.process.close();
    },
  };
}

/** Gives a reply to who waits for it; false when the line is none. */
function settle(pending: Map<number, Pending>, line: string): boolean {
  const id = Number(/^\{"id":([1-9][0-9]{0,15}),"ok":(?:true|false),/u.exec(line)?.[1]);
  if (!Number.isSafeInteger(id)) {
    return false;
  }
  const waiting = pending.get(id);
  pending.delete(id);
  if (waiting === undefined) {
    return true;
  }
  if (line.startsWith(waiting.head)) {
    waiting.resolve({ json: line.slice(waiting.head.length, -1) });
    return true;
  }
  const failure = failureIn(line);
  const { code, message, hint }: LineFailure = failure ?? {
    code: "WORKER_REPLY",
    message: "the worker wrote something that is no reply",
  };
  waiting.reject(new CodedError({ code, message, ...(hint === undefined ? {} : { hint }) }));
  return failure !== undefined;
}

function failureIn(line: string): LineFailure | undefined {
  try {
    const { error } = JSON.parse(line) as { readonly error?: LineFailure };
    return typeof error?.code === "string" && typeof error.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
