import type { Readable, Writable } from "node:stream";

import { isCodedError } from "@clawkeep/diagnostics";

import type { QueryAnswer, SchemaAnswer } from "../answer.ts";
import { answerRequest } from "../query/answer-request.ts";
import { requestShape } from "../request.ts";

/** What the query's process says: an answer or an error, never both. */
export type Reply =
  | { readonly answer: QueryAnswer | SchemaAnswer }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
    };

/** The query's process: one request as JSON on `input`, one {@link Reply} as JSON on `output`. */
export async function answerOneRequest(input: Readable, output: Writable): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  const reply = replyTo(Buffer.concat(chunks).toString("utf8"));
  await new Promise<void>((resolve) => output.write(JSON.stringify(reply), () => resolve()));
}

function replyTo(text: string): Reply {
  try {
    return { answer: answerRequest(requestShape.parse(JSON.parse(text))) };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const { code, message, hint } = error;
    return { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  }
}
