import { CodedError } from "@clawkeep/diagnostics";
import { z } from "zod";

import { parseBody } from "../http/parse-body.ts";
import { longestTextsBytes, mostTexts } from "../worker/text-limits.ts";
import type { WorkerClient } from "../worker/worker-client.ts";

/** The one model that a service has, as the endpoints name it. */
export interface ServedModel {
  /** The first is what answers call it. */
  readonly names: readonly string[];
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Hex SHA-256 of the weights, and their size in bytes. */
  readonly digest: string;
  readonly bytes: number;
}

/** Rows of vectors for a request. */
export interface Vectors {
  /** One a text. */
  readonly rows: readonly Float32Array[];
  readonly tokens: number;
  /** Tokens of the longest text before it was cut. */
  readonly longest: number;
}

const reply: z.ZodType<{ vectors: string; tokens: number; longest: number }> = z.strictObject({
  vectors: z.string(),
  tokens: z.int(),
  longest: z.int(),
});

/** Whether a request names the model that is there. */
export function isServed(model: ServedModel, name: string): boolean {
  const plain = name.toLowerCase();
  return model.names.some((known) => plain === known || plain === `${known}:latest`);
}

/** A request's `input`: one text or several. */
export const textsInput: z.ZodType<string | readonly string[]> = z.union([
  z.string(),
  z.array(z.string()).min(1).max(mostTexts),
]);

/**
 * Embeds texts in the worker.
 *
 * @throws CodedError `EMBED_TOO_LONG`; of the worker
 */
export async function vectorsOf(
  worker: Pick<WorkerClient, "ask">,
  model: ServedModel,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Vectors> {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > longestTextsBytes) {
    throw new CodedError({
      code: "EMBED_TOO_LONG",
      message: `expected at most ${longestTextsBytes} bytes of texts, got ${bytes}`,
    });
  }
  if (!texts.every((text) => text.isWellFormed())) {
    throw new CodedError({ code: "EMBED_TEXT", message: "a text has half of a surrogate pair" });
  }
  const { json } = await worker.ask("embed", { texts }, signal);
  const { vectors, tokens, longest } = reply.parse(JSON.parse(json));
  const decoded = Buffer.from(vectors, "base64");
  if (decoded.length !== texts.length * model.dimensions * 4) {
    throw new CodedError({
      code: "WORKER_REPLY",
      message: "the worker gave another number of rows",
    });
  }
  // Copied, so that it begins where a Float32Array may begin.
  const all = new Float32Array(new Uint8Array(decoded).buffer);
  const rows = texts.map((_, place) =>
    all.subarray(place * model.dimensions, (place + 1) * model.dimensions),
  );
  return { rows, tokens, longest };
}

/** The bytes of a row, little-endian floats, as both APIs encode them. */
export function base64Of(row: Float32Array): string {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("base64");
}

/**
 * A request out of a body.
 *
 * @throws CodedError `EMBED_REQUEST` naming the member
 */
export function parseRequest<Value>(schema: z.ZodType<Value>, body: Uint8Array): Value {
  const result = schema.safeParse(parseBody(body, "EMBED_REQUEST"));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new CodedError({
    code: "EMBED_REQUEST",
    message: `${where}${issue?.message ?? "not a request"}`.slice(0, 500),
  });
}
