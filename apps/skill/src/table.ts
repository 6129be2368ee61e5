#!/usr/bin/env node
/*
 * The program of the skill table-query: the command `table` alone, in a bundle of one file, so that the
 * closure that is locked and hashed is small. It is also the process that a query runs in (--child).
 */
import process from "node:process";
import { parseArgs } from "node:util";

import { formatError } from "@clawkeep/diagnostics";
import { answerOneRequest, endWithParent } from "@clawkeep/table-query";

import { tableCommand } from "./commands/table.ts";

const limit = { type: "string" } as const;
const flag = { type: "boolean" } as const;

async function run(args: readonly string[]): Promise<number> {
  if (args.length === 2 && args[0] === "--child") {
    endWithParent(Number(args[1]));
    await answerOneRequest(process.stdin, process.stdout);
    return 0;
  }
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sql: { type: "string" },
      stdin: flag,
      schema: flag,
      recursive: flag,
      json: flag,
      "max-rows": limit,
      "max-bytes": limit,
      "max-cell": limit,
      "max-file-bytes": limit,
      "time-limit-ms": limit,
    },
  });
  return tableCommand(positionals, {
    sql: values.sql,
    stdin: values.stdin,
    schema: values.schema,
    recursive: values.recursive,
    json: values.json,
    maxRows: values["max-rows"],
    maxBytes: values["max-bytes"],
    maxCell: values["max-cell"],
    maxFileBytes: values["max-file-bytes"],
    timeLimitMs: values["time-limit-ms"],
  });
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  return 2;
});
