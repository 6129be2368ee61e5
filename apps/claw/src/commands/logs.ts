import process from "node:process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { redactLine } from "@clawkeep/provision";

import { printData } from "../output/print.ts";
import { operatedOf, secretsIn } from "../place/operated.ts";
import { serviceLog } from "../place/service-log.ts";

/** Options of `logs` as they were written. */
export interface LogsOptions {
  readonly follow?: boolean;
  readonly lines: string;
  readonly grep?: string;
  readonly service: string;
}

/** Prints the last lines of a service's log, without secrets and control characters, and with `--follow` those that come. */
export async function logsOfName(name: string | undefined, options: LogsOptions): Promise<number> {
  const operated = operatedOf(name);
  const lines = countOf(options.lines);
  const service = serviceName(options.service);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  const secrets = secretsIn(operated);
  const wanted = options.grep?.toLowerCase();
  const follow = options.follow === true;
  let shown = 0;
  // With a filter the lines that are counted are those that match.
  const range = { lines: wanted === undefined ? lines : Number.MAX_SAFE_INTEGER, follow };
  const kept: string[] = [];
  const print = (line: string): void => {
    shown += 1;
    printData(escapeForTerminal(line));
  };
  const isCounted = wanted !== undefined && !follow;
  for await (const line of await serviceLog(operated, {
    ...range,
    service,
    signal: stop.signal,
  })) {
    const text = redactLine(line, secrets);
    if (wanted !== undefined && !text.toLowerCase().includes(wanted)) continue;
    if (!isCounted) print(text);
    else if (kept.push(text) > lines) kept.shift();
  }
  for (const line of kept) print(line);
  return wanted !== undefined && shown === 0 && !follow ? 1 : 0;
}

/** No option of a program that is asked for it. */
function serviceName(text: string): string {
  if (/^[a-z][a-z0-9-]*$/u.test(text)) return text;
  throw new CodedError({
    code: "LOGS_SERVICE",
    message: `expected the name of a service, got ${JSON.stringify(text)}`,
    hint: "gateway, skills, ollama-gate, ollama, egress",
  });
}

function countOf(text: string): number {
  if (/^[0-9]{1,7}$/u.test(text)) return Number(text);
  throw new CodedError({
    code: "LOGS_LINES",
    message: `expected a number of lines, got ${text}`,
    hint: "claw logs --lines 100",
  });
}
