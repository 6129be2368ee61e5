import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { CodedError, count } from "@clawkeep/diagnostics";

import type { QueryAnswer, SchemaAnswer } from "../answer.ts";
import { defaultLimits, largestLimits, mostFiles } from "../request.ts";
import type { TableLimits, TableRequest } from "../request.ts";
import type { Reply } from "./child.ts";

/** A question, and the program that answers it. */
export interface TableQuestion {
  readonly files: readonly string[];
  /** One SELECT. Without it the answer says which tables there are. */
  readonly sql?: string;
  readonly recursive?: boolean;
  readonly limits?: Partial<TableLimits>;
  /** Arguments of a Node process that calls `answerOneRequest`. */
  readonly child: readonly string[];
  /** Ends the query. */
  readonly signal?: AbortSignal;
}

/** Bytes that a reply may have beyond its rows: names of columns, errors, descriptions of tables. */
const replyOverhead = 4_000_000;

/**
 * Asks files a question, in a process of its own that is killed when its time is over.
 *
 * @throws CodedError TABLE_TIME_LIMIT, TABLE_CANCELLED, TABLE_PROCESS, TABLE_LIMIT, TABLE_FILES and those of `answerRequest`
 */
export async function queryTables(question: TableQuestion): Promise<QueryAnswer | SchemaAnswer> {
  const limits = limitsOf(question.limits ?? {});
  if (question.files.length === 0 || question.files.length > mostFiles) {
    throw new CodedError({
      code: "TABLE_FILES",
      message: `expected 1 to ${String(mostFiles)} files, got ${count(question.files.length, "file")}`,
      hint: "Name the files to ask.",
    });
  }
  const scratch = await mkdtemp(join(tmpdir(), "clawkeep-table-"));
  try {
    const request: TableRequest = {
      files: question.files.map((file) => resolve(file)),
      ...(question.sql === undefined ? {} : { sql: question.sql }),
      recursive: question.recursive ?? false,
      limits,
      scratch,
    };
    const reply = JSON.parse(await askChild(question, request)) as Reply;
    if ("answer" in reply) return reply.answer;
    throw new CodedError(reply.error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function limitsOf(named: Partial<TableLimits>): TableLimits {
  const limits = { ...defaultLimits, ...named };
  for (const key of Object.keys(defaultLimits) as (keyof TableLimits)[]) {
    const value = limits[key];
    if (Number.isSafeInteger(value) && value >= 1 && value <= largestLimits[key]) continue;
    throw new CodedError({
      code: "TABLE_LIMIT",
      message: `expected a limit of ${key} from 1 to ${String(largestLimits[key])}, got ${String(value)}`,
      hint: "Write a whole number in that range.",
    });
  }
  return limits;
}

async function askChild(
  { child, signal: cancelled }: TableQuestion,
  request: TableRequest,
): Promise<string> {
  const { timeMs, bytes } = request.limits;
  const most = bytes + replyOverhead;
  const started = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", ...process.execArgv, ...child],
    // Nothing of the caller's environment: the answer does not depend on it.
    { env: { TZ: "UTC", LC_ALL: "C.UTF-8" }, stdio: ["pipe", "pipe", "pipe"] },
  );
  const chunks: Buffer[] = [];
  let length = 0;
  let said = "";
  let ended: "time" | "size" | "cancel" | undefined;
  const end = (why: "time" | "size" | "cancel"): void => {
    ended ??= why;
    started.kill("SIGKILL");
  };
  const cancel = (): void => end("cancel");
  cancelled?.addEventListener("abort", cancel);
  if (cancelled?.aborted === true) cancel();
  const timer = setTimeout(() => end("time"), timeMs);
  started.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > most) end("size");
    else chunks.push(chunk);
  });
  started.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(0, 2000);
  });
  // A process that ends before it has read its input is judged by how it ended.
  started.stdin.on("error", () => {});
  started.stdin.end(JSON.stringify(request));
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (done, failed) => {
        started.on("error", failed);
        started.on("close", (...how) => done(how));
      },
    );
    if (ended === "time") throw timeLimit(timeMs);
    if (ended === "cancel") {
      throw new CodedError({ code: "TABLE_CANCELLED", message: "the query was cancelled" });
    }
    if (code === 0 && ended === undefined) return Buffer.concat(chunks).toString("utf8");
    throw new CodedError({
      code: "TABLE_PROCESS",
      message:
        ended === "size"
          ? `expected at most ${String(most)} bytes from the query's process, got more`
          : `the query's process ended with ${String(signal ?? code)}: ${said.trim()}`,
      hint: "Ask for less; it may have had too little memory.",
    });
  } finally {
    clearTimeout(timer);
    cancelled?.removeEventListener("abort", cancel);
  }
}

function timeLimit(timeMs: number): CodedError {
  return new CodedError({
    code: "TABLE_TIME_LIMIT",
    message: `the query took longer than ${String(timeMs)} ms and was ended`,
    hint: "Ask for less: a WHERE, a smaller join; or raise --time-limit-ms.",
  });
}
