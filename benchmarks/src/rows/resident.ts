import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import type { OurIndex } from "../data/our-index.ts";
import { treeRssAnon } from "../measure/tree-memory.ts";

/** What a resident `local-rag query` did with some questions. */
export interface ResidentRun {
  /** From writing a request to having its reply, one by one, without the first. */
  readonly milliseconds: readonly number[];
  /** Of the process tree after the last reply. */
  readonly rssAnonMiB: number;
}

/** Asks every question in one resident process. */
export async function askResident(
  localRag: string,
  index: OurIndex,
  questions: readonly string[],
): Promise<ResidentRun> {
  const child = spawn(
    process.execPath,
    [localRag, "query", "--resident", "--index", index.folder],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, CLAWKEEP_HOME: index.home },
    },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const milliseconds: number[] = [];
  for (const [place, query] of [questions[0] ?? "", ...questions].entries()) {
    const started = performance.now();
    child.stdin.write(`${JSON.stringify({ id: place + 1, input: { query, topk: 5 } })}\n`);
    const { value, done } = await replies.next();
    const reply = JSON.parse(done === true ? "{}" : value) as {
      readonly exitCode?: number;
    };
    if (reply.exitCode !== 0) {
      throw new Error(`local-rag query --resident did not answer: ${String(value).slice(0, 300)}`);
    }
    if (place > 0) {
      milliseconds.push(performance.now() - started);
    }
  }
  const rssAnonMiB = treeRssAnon(child.pid ?? 0);
  child.stdin.end();
  await ended;
  return { milliseconds, rssAnonMiB };
}
