import type { HttpRoute } from "@clawkeep/service";
import { jsonReply } from "@clawkeep/service";
import { z } from "zod";

import { workerStatus } from "../http/worker-status.ts";
import type { WorkerClient } from "../worker/worker-client.ts";
import type { ServedModel } from "./served-model.ts";
import { base64Of, isServed, parseRequest, textsInput, vectorsOf } from "./served-model.ts";

/** What clients of the API send; `input_type` is OpenClaw's. Anything else is refused, not overlooked. */
const requestSchema: z.ZodType<{
  model: string;
  input: string | readonly string[];
  encoding_format: "float" | "base64";
  dimensions?: number | undefined;
}> = z.strictObject({
  model: z.string().max(200),
  input: textsInput,
  encoding_format: z.enum(["float", "base64"]).default("float"),
  dimensions: z.int().optional(),
  user: z.string().max(200).optional(),
  input_type: z
    .enum(["query", "passage", "document", "search_query", "search_document"])
    .optional(),
});

/** Bytes of a request: texts, each character escaped at worst. */
const bodyBytes: number = 16 * 1024 * 1024;

/**
 * `POST /v1/embeddings` and `GET /v1/models`, as OpenAI's clients speak to them. Texts longer than the model
 * takes are cut.
 */
export function openAiRoutes(
  worker: Pick<WorkerClient, "ask">,
  model: ServedModel,
): readonly HttpRoute[] {
  const [name = "model"] = model.names;
  return [
    {
      path: "/v1/embeddings",
      methods: ["POST"],
      bodyBytes,
      statusOf: workerStatus,
      error: errorOf,
      handle: async ({ body, signal }) => {
        const request = parseRequest(requestSchema, body);
        if (!isServed(model, request.model)) {
          return jsonReply(
            404,
            errorOf(404, "model_not_found", `this service has the model ${name}`),
          );
        }
        if (request.dimensions !== undefined && request.dimensions !== model.dimensions) {
          const message = `dimensions: this model has ${model.dimensions}`;
          return jsonReply(400, errorOf(400, "EMBED_REQUEST", message));
        }
        const texts = typeof request.input === "string" ? [request.input] : request.input;
        const { rows, tokens } = await vectorsOf(worker, model, texts, signal);
        const encode =
          request.encoding_format === "base64" ? base64Of : (row: Float32Array) => [...row];
        return jsonReply(200, {
          object: "list",
          data: rows.map((row, index) => ({ object: "embedding", index, embedding: encode(row) })),
          model: name,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        });
      },
    },
    {
      path: "/v1/models",
      methods: ["GET"],
      error: errorOf,
      handle: async () =>
        jsonReply(200, {
          object: "list",
          data: model.names.map((id) => ({
            id,
            object: "model",
            created: 0,
            owned_by: "clawkeep",
          })),
        }),
    },
  ];
}

function errorOf(status: number, code: string, message: string): unknown {
  const type =
    status === 401
      ? "authentication_error"
      : status === 429
        ? "rate_limit_error"
        : status < 500
          ? "invalid_request_error"
          : "server_error";
  return { error: { message, type, param: null, code } };
}
