import { formatError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import type { Answer, AnswerFormat } from "@clawkeep/retrieval";
import { printAnswer } from "@clawkeep/retrieval";
import type { ServiceReply } from "@clawkeep/service";
import { askService, compareReleases } from "@clawkeep/service";

import { commands } from "./arguments/command-table.ts";
import type { RawOptions } from "./arguments/parse-flags.ts";
import { parseFlags } from "./arguments/parse-flags.ts";
import type { QueryRequest } from "./arguments/query-request.ts";
import { fieldsOfWishes } from "./arguments/query-wishes.ts";
import { readQuestion } from "./arguments/read-question.ts";
import { answerFormat } from "./output/answer-format.ts";
import { mainProgram, ownRelease } from "./place/release.ts";
import type { ServedIndex } from "./place/served-index.ts";
import { servedIndex } from "./place/served-index.ts";

/**
 * Flags of a question that a service does not answer: its worker has both legs and no folder of the caller,
 * and what standard input gave once it does not give again to the process that would have to answer instead.
 */
const unserved: readonly string[] = ["keywords", "rerank", "resident", "stdin"];

/**
 * `local-rag query` by the service of this index, when there is one; `--warm` starts it.
 *
 * @returns undefined when the question has to be answered by this process, which then also says what is
 *   wrong with it
 */
export async function askWarm(args: readonly string[]): Promise<number | undefined> {
  let options: RawOptions;
  let served: ServedIndex;
  let question: QueryRequest;
  let format: AnswerFormat;
  try {
    options = parseFlags(commands.query, args);
    if (unserved.some((flag) => options.flags.has(flag))) return undefined;
    format = answerFormat(commands.query, options);
    served = await servedIndex(options, process.cwd());
    question = await readQuestion(options);
  } catch {
    return undefined;
  }
  try {
    const { query, topK, wishes } = question;
    const input = {
      ...{ query, topk: topK, explain: options.flags.has("explain") },
      ...fieldsOfWishes(wishes),
      // As when this process answers: who types a question may mean its signs.
      syntax: wishes.syntax ?? "operators",
    };
    const reply = await askOrStart(served, input, options.flags.has("warm"));
    if (reply.kind !== "answer") return undefined;
    process.stdout.write(format === "json" ? `${reply.output}\n` : printed(reply.output, format));
    return 0;
  } catch (error) {
    // A socket that is not ours, a service that does not start: to be known, and no reason not to answer.
    process.stderr.write(`${formatError(error)}\n`);
    return undefined;
  }
}

function printed(output: string, format: AnswerFormat): string {
  const { tookMs, ...answer } = JSON.parse(output) as Answer & { readonly tookMs: number };
  return printAnswer(answer, tookMs, format);
}

async function askOrStart(
  served: ServedIndex,
  input: unknown,
  mayStart: boolean,
): Promise<ServiceReply> {
  const release = ownRelease();
  const ask = (): Promise<ServiceReply> =>
    askService(served.place.socket, { method: "search", input, release });
  const reply = await ask();
  const isOlder =
    reply.kind === "failure" &&
    reply.error.release !== undefined &&
    compareReleases(reply.error.release, release) < 0;
  // Somebody wanted a service here, and this program is the newer one: it takes its place.
  if (!isOlder && !(reply.kind === "absent" && mayStart)) return reply;
  const { levelAllocator, serviceHeap, startService } = await import("./start/start-warm.ts");
  await startService({
    command: process.execPath,
    args: [...process.execArgv, ...serviceHeap, mainProgram, "serve", ...served.flags],
    environment: {
      PATH: "/usr/bin:/bin",
      CLAWKEEP_HOME: stateHome(process.env),
      ...levelAllocator,
    },
    cwd: "/",
  });
  return ask();
}
