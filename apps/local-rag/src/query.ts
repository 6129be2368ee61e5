import { formatError } from "@clawkeep/diagnostics";
import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import type { Answer } from "@clawkeep/retrieval";
import { answerQuery, jsonForModel, openIndex } from "@clawkeep/retrieval";

import { commands } from "./arguments/command-table.ts";
import type { RawOptions } from "./arguments/parse-flags.ts";
import { parseFlags } from "./arguments/parse-flags.ts";
import type { QueryRequest } from "./arguments/query-request.ts";
import { readQuestion, refuseQuestion } from "./arguments/read-question.ts";
import { errorAsJson } from "./output/error-as-json.ts";
import { formatAnswer } from "./output/format-answer.ts";
import { indexPlace, modelPlace, trustOf } from "./place/index-place.ts";
import type { QueryPlace } from "./resident.ts";
import { answerLines } from "./resident.ts";

/** `local-rag query`: one question, or with `--resident` any number of them. */
export async function runQuery(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const json = args.includes("--json") || args.includes("--resident");
  try {
    const spec = commands.query;
    const options = parseFlags(spec, args);
    const place: QueryPlace = {
      folder: indexPlace(options, process.cwd()),
      trust: trustOf(options),
      explain: options.flags.has("explain"),
    };
    if (options.flags.has("resident")) {
      refuseQuestion(options);
      // The session of a process that stays is worth the longer start.
      const embedder = await openEmbedder({ workers: 0, folder: modelPlace(options) });
      return await answerLines(process.stdin, process.stdout, place, embedder);
    }
    const request = await readQuestion(options);
    const answer = await answerOnce(options, place, request);
    const tookMs = Math.round((performance.now() - started) * 10) / 10;
    process.stdout.write(json ? `${jsonForModel({ ...answer, tookMs })}\n` : formatAnswer(answer));
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
  place: QueryPlace,
  { query, topK }: QueryRequest,
): Promise<Answer> {
  using index = openIndex(place.folder, place.trust, modelManifest.spaceId);
  return await answerQuery(
    index,
    async (text) => {
      const embedder = await openEmbedder({
        workers: 0,
        oneText: true,
        folder: modelPlace(options),
      });
      return embedder.embed([text]);
    },
    query,
    { topK, explain: place.explain },
  );
}
