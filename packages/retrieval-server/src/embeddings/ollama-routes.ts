import type { HttpReply, HttpRoute } from "@clawkeep/service";
import { jsonReply } from "@clawkeep/service";
import { z } from "zod";

import { workerStatus } from "../http/worker-status.ts";
import type { WorkerClient } from "../worker/worker-client.ts";
import type { ServedModel } from "./served-model.ts";
import { isServed, parseRequest, textsInput, vectorsOf } from "./served-model.ts";

/** The version of Ollama whose answers these are: clients compare it with what they need. */
const version = "0.12.0";

const embedSchema: z.ZodType<{
  model: string;
  input: string | readonly string[];
  truncate: boolean;
  dimensions?: number | undefined;
}> = z.strictObject({
  model: z.string().max(200),
  input: textsInput,
  truncate: z.boolean().default(true),
  dimensions: z.int().optional(),
  // Nothing of these changes a vector here.
  keep_alive: z.union([z.string(), z.number()]).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});

const showSchema: z.ZodType<{ model?: string | undefined; name?: string | undefined }> =
  z.strictObject({
    model: z.string().max(200).optional(),
    name: z.string().max(200).optional(),
    verbose: z.boolean().optional(),
    system: z.string().max(200).optional(),
  });

const bodyBytes: number = 16 * 1024 * 1024;
const nanoseconds = 1_000_000;

/**
 * `POST /api/embed`, `GET /api/tags`, `POST /api/show` and `GET /api/version`, as Ollama's clients speak to
 * them. There is no pull, push, create, delete or chat: other paths are not there.
 */
export function ollamaRoutes(
  worker: Pick<WorkerClient, "ask">,
  model: ServedModel,
): readonly HttpRoute[] {
  const [name = "model"] = model.names;
  const absent = (asked: string): HttpReply =>
    jsonReply(404, { error: `model "${asked}" not found: this service has ${name}` });
  const details = {
    parent_model: "",
    format: "onnx",
    family: "bert",
    families: ["bert"],
    parameter_size: "23M",
    quantization_level: "INT8",
  };
  const error = (_: number, code: string, message: string): unknown => ({
    error: `${code}: ${message}`,
  });
  return [
    {
      path: "/api/embed",
      methods: ["POST"],
      bodyBytes,
      statusOf: workerStatus,
      error,
      handle: async ({ body, signal }) => {
        const began = performance.now();
        const request = parseRequest(embedSchema, body);
        if (!isServed(model, request.model)) return absent(request.model);
        if (request.dimensions !== undefined && request.dimensions !== model.dimensions) {
          return jsonReply(400, { error: `dimensions: this model has ${model.dimensions}` });
        }
        const texts = typeof request.input === "string" ? [request.input] : request.input;
        const { rows, tokens, longest } = await vectorsOf(worker, model, texts, signal);
        if (!request.truncate && longest > model.maxTokens) {
          return jsonReply(400, { error: "the input length exceeds the context length" });
        }
        return jsonReply(200, {
          model: request.model,
          embeddings: rows.map((row) => [...row]),
          total_duration: Math.round((performance.now() - began) * nanoseconds),
          load_duration: 0,
          prompt_eval_count: tokens,
        });
      },
    },
    {
      path: "/api/tags",
      methods: ["GET"],
      error,
      handle: async () =>
        jsonReply(200, {
          models: model.names.map((known) => ({
            name: `${known}:latest`,
            model: `${known}:latest`,
            modified_at: "1970-01-01T00:00:00Z",
            size: model.bytes,
            digest: model.digest,
            details,
          })),
        }),
    },
    {
      path: "/api/show",
      methods: ["POST"],
      error,
      handle: async ({ body }) => {
        const request = parseRequest(showSchema, body);
        const asked = request.model ?? request.name ?? "";
        if (!isServed(model, asked)) return absent(asked);
        return jsonReply(200, {
          modelfile: "",
          parameters: "",
          template: "",
          details,
          model_info: {
            "general.architecture": "bert",
            "bert.context_length": model.maxTokens,
            "bert.embedding_length": model.dimensions,
          },
          capabilities: ["embedding"],
          modified_at: "1970-01-01T00:00:00Z",
        });
      },
    },
    {
      path: "/api/version",
      methods: ["GET"],
      error,
      handle: async () => jsonReply(200, { version }),
    },
  ];
}
