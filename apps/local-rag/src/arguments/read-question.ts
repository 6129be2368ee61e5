import { largestTopK } from "@clawkeep/retrieval";

import { commands } from "./command-table.ts";
import type { RawOptions } from "./parse-flags.ts";
import { integerOf, usage } from "./parse-flags.ts";
import type { QueryRequest } from "./query-request.ts";
import { defaultTopK, longestRequestBytes, parseRequest } from "./query-request.ts";
import { wishesOfFlags } from "./query-wishes.ts";
import { refuseUndecodable, refuseUnpassable } from "./query-text.ts";

/**
 * The question of `local-rag query`: its argument, or one JSON object on standard input.
 *
 * @throws CodedError `USAGE`, `QUERY_ENCODING`, `QUERY_REQUEST`, `QUERY_TEXT`.
 */
export async function readQuestion(options: RawOptions): Promise<QueryRequest> {
  const spec = commands.query;
  const topK = integerOf(spec, options, "topk", { from: 1, to: largestTopK });
  const wishes = wishesOfFlags(spec, options);
  if (options.flags.has("stdin")) {
    refuseQuestion(options);
    if (topK !== undefined) {
      throw usage(spec, "--stdin takes topk from the JSON object, not from --topk");
    }
    return parseRequest(await readStandardInput(), wishes);
  }
  const [query, ...others] = options.positional;
  if (query === undefined || others.length > 0) {
    throw usage(spec, `expected one question, got ${options.positional.length}; put it in quotes`);
  }
  refuseUndecodable([query]);
  refuseUnpassable(query);
  return { query, topK: topK ?? defaultTopK, wishes };
}

/** @throws CodedError `USAGE` when the command line has a question although standard input is read */
export function refuseQuestion(options: RawOptions): void {
  if (options.positional.length > 0) {
    throw usage(commands.query, "--stdin and --resident take no question on the command line");
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestRequestBytes) {
      throw usage(commands.query, `--stdin takes at most ${longestRequestBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
