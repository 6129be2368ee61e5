import type { Readable, Writable } from "node:stream";

import { CodedError } from "@clawkeep/diagnostics";
import { jsonForModel, printAnswer } from "@clawkeep/retrieval";
import { failureLine, failureOf, parseLineRequest, replyLine, splitLines } from "@clawkeep/service";

import { parseEmbed, parseRead, parseSearch } from "./requests.ts";
import type { SearchRequest } from "./requests.ts";
import type { ResidentIndex } from "./resident-index.ts";

/** Bytes of the longest request line: texts of an embedding request, each character escaped at worst. */
const longestLine: number = 32 * 1024 * 1024;

/**
 * The confined end: requests of the line protocol by standard input, replies by standard output, in the
 * order in which they are ready. `{"method":"cancel","input":ID}` ends one and is not answered. Input
 * that is no request ends the process; whoever writes it is the program that started it.
 */
export async function serveWorker(
  input: Readable,
  output: Writable,
  index: ResidentIndex,
): Promise<void> {
  const underway = new Map<number, AbortController>();
  const splitter = splitLines(longestLine);
  const answer = async (id: number, method: string, request: unknown): Promise<void> => {
    const controller = new AbortController();
    underway.set(id, controller);
    let line: string;
    try {
      line = replyLine(id, await answerOne(index, method, request, controller.signal));
    } catch (error) {
      line = failureLine(id, failureOf(error));
    }
    underway.delete(id);
    output.write(line);
  };
  const take = (chunk: Buffer): void => {
    const lines = splitter.push(chunk);
    if (lines === undefined) {
      throw new CodedError({ code: "WORKER_INPUT", message: "expected shorter lines" });
    }
    for (const bytes of lines) {
      const request = parseLineRequest(bytes);
      if (request === undefined) {
        throw new CodedError({ code: "WORKER_INPUT", message: "expected a request line" });
      }
      if (request.method === "cancel") {
        underway.get(Number(request.input))?.abort(cancelled());
      } else {
        void answer(request.id, request.method, request.input);
      }
    }
  };
  await readAll(input, take);
  for (const controller of underway.values()) controller.abort(cancelled());
  await index.close();
}

/** Until its end, or until `take` refuses. Not by iteration, which is a tenth of a millisecond for each request. */
function readAll(input: Readable, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    input.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
        input.destroy();
      }
    });
    input.once("end", resolve);
    input.once("error", reject);
    // Without an end before it.
    input.once("close", () => reject(new Error("the input was closed before its end")));
  });
}

function cancelled(): CodedError {
  return new CodedError({ code: "REQUEST_CANCELLED", message: "the request was cancelled" });
}

/** The answer, or what `local-rag query --format` prints of it, as JSON. */
async function search(
  index: ResidentIndex,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<string> {
  const { format = "json" } = request;
  const { tookMs, ...answer } = await index.search(request, signal);
  const { snapshotRoot } = answer;
  return format === "json"
    ? jsonForModel({ ...answer, tookMs })
    : JSON.stringify({
        version: 1,
        format,
        text: printAnswer(answer, tookMs, format),
        snapshotRoot,
      });
}

/** JSON whose bytes hold nothing that a terminal or an agent acts on. */
async function answerOne(
  index: ResidentIndex,
  method: string,
  input: unknown,
  signal: AbortSignal,
): Promise<string> {
  switch (method) {
    case "search":
      return search(index, parseSearch(input), signal);
    case "read":
      return jsonForModel(index.read(parseRead(input)));
    case "status":
      return jsonForModel(index.status());
    case "embed": {
      const { rows, tokens, longest } = await index.embed(parseEmbed(input), signal);
      const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
      return JSON.stringify({ vectors: bytes.toString("base64"), tokens, longest });
    }
    default:
      throw new CodedError({ code: "REQUEST_INVALID", message: "there is no such method" });
  }
}
