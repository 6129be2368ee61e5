import type { HttpRoute } from "@clawkeep/service";
import { jsonReply } from "@clawkeep/service";

import { parseBody } from "../http/parse-body.ts";
import { workerStatus } from "../http/worker-status.ts";
import type { WorkerClient } from "../worker/worker-client.ts";

/** Bytes of the longest question, each character escaped at worst. */
const bodyBytes: number = 512 * 1024;

/**
 * `POST /v1/search` with `{query, topk?, explain?}` gives the JSON of `local-rag query --json`. The members are
 * checked where they are used, by the worker.
 */
export function searchRoute(worker: Pick<WorkerClient, "ask">): HttpRoute {
  return {
    path: "/v1/search",
    methods: ["POST"],
    bodyBytes,
    statusOf: workerStatus,
    handle: async ({ body, signal }) => {
      const { json } = await worker.ask("search", parseBody(body, "REQUEST_INVALID"), signal);
      return jsonReply(200, json);
    },
  };
}
