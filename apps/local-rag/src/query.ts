import path from "node:path";

import { formatError } from "@clawkeep/diagnostics";
import type { Embedder } from "@clawkeep/embedder";
import { openCrossEncoder, openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import type { Answer, Reranker } from "@clawkeep/retrieval";
import { answerQuery, jsonForModel, openIndexes, printAnswer } from "@clawkeep/retrieval";

import { commands } from "./arguments/command-table.ts";
import type { RawOptions } from "./arguments/parse-flags.ts";
import { parseFlags, textOf } from "./arguments/parse-flags.ts";
import type { QueryRequest } from "./arguments/query-request.ts";
import { wishesOfFlags } from "./arguments/query-wishes.ts";
import { readQuestion, refuseQuestion } from "./arguments/read-question.ts";
import { learnAtOnce } from "./governor/learn-at-once.ts";
import { errorAsJson } from "./output/error-as-json.ts";
import { answerFormat } from "./output/answer-format.ts";
import { modelPlace } from "./place/index-place.ts";
import { indexPlaces } from "./place/index-places.ts";
import type { QueryPlace } from "./resident.ts";
import { answerLines } from "./resident.ts";

/** `local-rag query`: one question, or with `--resident` any number of them. */
export async function runQuery(args: readonly string[]): Promise<number> {
  const started = performance.now();
  // Known before the arguments are read, which may fail.
  const json = ["--json", "--resident", "--format=json", "--format=jsonl"].some((form) =>
    args.includes(form),
  );
  try {
    const spec = commands.query;
    const options = parseFlags(spec, args);
    const place: QueryPlace = {
      indexes: indexPlaces(options, process.cwd()),
      explain: options.flags.has("explain"),
      wishes: wishesOfFlags(spec, options),
      keywordsOnly: options.flags.has("keywords"),
    };
    const format = answerFormat(spec, options);
    if (options.flags.has("resident")) {
      refuseQuestion(options);
      learnAtOnce();
      // The session of a process that stays is worth the longer start.
      const embedder = await openEmbedder({
        workers: 0,
        helper: true,
        folder: modelPlace(options),
      });
      const rerank = await rerankerOf(options);
      return await answerLines(process.stdin, process.stdout, place, embedder, rerank);
    }
    const request = await readQuestion(options);
    const answer = await answerOnce(options, place, request);
    const tookMs = Math.round((performance.now() - started) * 10) / 10;
    process.stdout.write(printAnswer(answer, tookMs, format));
    return 0;
  } catch (error) {
    if (json) {
      process.stdout.write(`${jsonForModel(errorAsJson(error))}\n`);
    }
    process.stderr.write(`${formatError(error)}\n`);
    return 2;
  }
}

async function answerOnce(
  options: RawOptions,
  { indexes, explain, keywordsOnly }: QueryPlace,
  { query, topK, wishes }: QueryRequest,
): Promise<Answer> {
  using index = openIndexes(indexes, modelManifest.spaceId, { keywordsOnly });
  let opened: Promise<Embedder> | undefined;
  const embedder = (): Promise<Embedder> =>
    (opened ??= openEmbedder({ workers: 0, oneText: true, folder: modelPlace(options) }));
  const rerank = await rerankerOf(options);
  return await answerQuery(index, async (text) => (await embedder()).embed([text]), query, {
    ...wishes,
    // Who types a question may mean its signs; a program that sends JSON quotes somebody.
    syntax: wishes.syntax ?? (options.flags.has("stdin") ? "words" : "operators"),
    topK,
    explain,
    countTokens: async () => {
      const { wordPiece } = await embedder();
      return (text) => wordPiece.count(text);
    },
    ...(rerank === undefined ? {} : { rerank }),
  });
}

/** The cross-encoder that `--rerank` names. Only the user's own command line can name one. */
async function rerankerOf(options: RawOptions): Promise<Reranker | undefined> {
  const folder = textOf(options, "rerank");
  if (folder === undefined) {
    return undefined;
  }
  const encoder = await openCrossEncoder(path.resolve(folder));
  return (query, passages) => encoder.score(query, passages);
}
