import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

import { formatError } from "@clawkeep/diagnostics";
import type { Embedder } from "@clawkeep/embedder";
import type { Collections, Index, IndexPlace, Reranker } from "@clawkeep/retrieval";
import { answerQuery, jsonForModel, openIndexes } from "@clawkeep/retrieval";

import { longestRequestBytes, parseJson, readRequest } from "./arguments/query-request.ts";
import type { QueryWishes } from "./arguments/query-wishes.ts";
import { errorAsJson } from "./output/error-as-json.ts";

/** Which indexes are asked, and how much is said about scores. */
export interface QueryPlace {
  readonly indexes: readonly IndexPlace[];
  readonly explain: boolean;
  /** What every question is asked with. */
  readonly wishes: QueryWishes;
  /** Leave the vectors alone. */
  readonly keywordsOnly: boolean;
}

/**
 * The resident form: one JSON line a request, one a reply, until input ends. Each request is answered
 * from the snapshot that is published then. A request that fails is a reply with exit code 2; a line
 * that is no request ends the process, because nobody could tell which request a reply belongs to.
 */
export async function answerLines(
  input: Readable,
  output: Writable,
  place: QueryPlace,
  embedder: Embedder,
  rerank?: Reranker,
): Promise<number> {
  let index: Index | Collections | undefined;
  const current = (): Index | Collections => {
    if (index?.isCurrent() !== true) {
      index?.close();
      index = undefined;
      index = openIndexes(place.indexes, embedder.spaceId, {
        resident: true,
        keywordsOnly: place.keywordsOnly,
      });
    }
    return index;
  };
  try {
    for await (const line of linesOf(input)) {
      const { id, request } = parseLine(line);
      const started = performance.now();
      const reply = await replyTo(request, current, place, embedder, rerank, started);
      if (
        !output.write(`${jsonForModel({ exitCode: reply.exitCode, id, output: reply.output })}\n`)
      ) {
        await once(output, "drain");
      }
    }
    return 0;
  } finally {
    index?.close();
    await embedder.close();
  }
}

async function replyTo(
  input: unknown,
  index: () => Index | Collections,
  { explain, wishes: fixed }: QueryPlace,
  embedder: Embedder,
  rerank: Reranker | undefined,
  started: number,
): Promise<{ readonly exitCode: number; readonly output: unknown }> {
  try {
    const { query, topK, wishes } = readRequest(input, fixed);
    const answer = await answerQuery(index(), (text) => embedder.embed([text]), query, {
      ...wishes,
      // A program quotes what somebody asked, and did not mean its signs.
      syntax: wishes.syntax ?? "words",
      topK,
      explain,
      countTokens: () => Promise.resolve((text) => embedder.wordPiece.count(text)),
      ...(rerank === undefined ? {} : { rerank }),
    });
    const tookMs = Math.round((performance.now() - started) * 10) / 10;
    return { exitCode: 0, output: { ...answer, tookMs } };
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    return { exitCode: 2, output: errorAsJson(error) };
  }
}

function parseLine(line: Uint8Array): { readonly id: number; readonly request: unknown } {
  const value = parseJson(line);
  const fields = new Map<string, unknown>(
    typeof value === "object" && value !== null ? Object.entries(value) : [],
  );
  const id = fields.get("id");
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1 || fields.size !== 2) {
    throw new TypeError('expected a request line such as {"id":1,"input":{"query":"…","topk":5}}');
  }
  return { id, request: fields.get("input") };
}

async function* linesOf(input: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      [rest, bytes, start] = [[], 0, end + 1];
    }
    rest.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > longestRequestBytes) {
      throw new RangeError(`expected request lines of at most ${longestRequestBytes} bytes`);
    }
  }
  if (bytes > 0) {
    yield Buffer.concat(rest);
  }
}
