import { formatError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import type { Answer } from "@clawkeep/retrieval";
import type { ServiceReply } from "@clawkeep/service";
import { askService, compareReleases } from "@clawkeep/service";

import { commands } from "./arguments/command-table.ts";
import type { RawOptions } from "./arguments/parse-flags.ts";
import { parseFlags } from "./arguments/parse-flags.ts";
import type { QueryRequest } from "./arguments/query-request.ts";
import { mayHaveOperators } from "./arguments/query-request.ts";
import { wishesNothing } from "./arguments/query-wishes.ts";
import { readQuestion } from "./arguments/read-question.ts";
import { formatAnswer } from "./output/format-answer.ts";
import { mainProgram, ownRelease } from "./place/release.ts";
import type { ServedIndex } from "./place/served-index.ts";
import { servedIndex } from "./place/served-index.ts";

/** Flags of a question that a service can answer. One with others is answered by this process. */
const known = new Set([
  ...["topk", "explain", "json", "warm"],
  ...["index", "registry", "trust-index", "model"],
]);

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
  try {
    options = parseFlags(commands.query, args);
    if (![...options.flags.keys()].every((flag) => known.has(flag))) return undefined;
    served = servedIndex(options, process.cwd());
    question = await readQuestion(options);
    if (mayHaveOperators(question.query) || !wishesNothing(question.wishes)) return undefined;
  } catch {
    return undefined;
  }
  try {
    const { query, topK } = question;
    const input = { query, topk: topK, explain: options.flags.has("explain") };
    const reply = await askOrStart(served, input, options.flags.has("warm"));
    if (reply.kind !== "answer") return undefined;
    const json = options.flags.has("json");
    const text = json ? `${reply.output}\n` : formatAnswer(JSON.parse(reply.output) as Answer);
    process.stdout.write(text);
    return 0;
  } catch (error) {
    // A socket that is not ours, a service that does not start: to be known, and no reason not to answer.
    process.stderr.write(`${formatError(error)}\n`);
    return undefined;
  }
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
  const { startService } = await import("./start/start-warm.ts");
  await startService({
    command: process.execPath,
    args: [...process.execArgv, mainProgram, "serve", ...served.flags],
    environment: { PATH: "/usr/bin:/bin", CLAWKEEP_HOME: stateHome(process.env) },
    cwd: "/",
  });
  return ask();
}
