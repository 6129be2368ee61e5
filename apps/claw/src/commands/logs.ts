import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { followLog, redactLine } from "@clawkeep/provision";

import { printData } from "../output/print.ts";
import { operatedOf, secretsIn } from "../place/operated.ts";

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
  const definition = operated.definitions.find((one) => one.name === options.service);
  const file = definition && path.join(definition.folder, `${definition.name}.log`);
  if (file === undefined || !existsSync(file)) {
    const known = operated.definitions.map((one) => one.name).join(", ");
    throw new CodedError({
      code: "LOGS_NONE",
      message: `expected a log of ${options.service}, got none; services that were started here: ${known || "none"}`,
      hint: "Logs of units: journalctl -u claw-NAME-gateway. Of containers: docker compose logs.",
    });
  }
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
  for await (const line of followLog(file, { ...range, signal: stop.signal })) {
    const text = redactLine(line, secrets);
    if (wanted !== undefined && !text.toLowerCase().includes(wanted)) continue;
    if (!isCounted) print(text);
    else if (kept.push(text) > lines) kept.shift();
  }
  for (const line of kept) print(line);
  return wanted !== undefined && shown === 0 && !follow ? 1 : 0;
}

function countOf(text: string): number {
  if (/^[0-9]{1,7}$/u.test(text)) return Number(text);
  throw new CodedError({
    code: "LOGS_LINES",
    message: `expected a number of lines, got ${text}`,
    hint: "claw logs --lines 100",
  });
}
