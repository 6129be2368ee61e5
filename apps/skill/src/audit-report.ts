#!/usr/bin/env node
/*
 * The program of the skill audit-report: reads the log of a folder, which needs no private key, and
 * prints its summary. A bundle of one file, so that the closure that is locked and hashed is small.
 */
import process from "node:process";
import { parseArgs } from "node:util";

import { CodedError, formatError } from "@clawkeep/diagnostics";

import { printAuditSummary } from "./audit/print-summary.ts";

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      log: { type: "string" },
      form: { type: "string", default: "json" },
      slowest: { type: "string", default: "5" },
    },
  });
  const { form, log } = values;
  if (log === undefined || (form !== "json" && form !== "text" && form !== "markdown")) {
    throw new CodedError({ code: "USAGE", message: "expected --log FOLDER --form FORM" });
  }
  // A sandbox has processes of its own, and sees no others.
  return printAuditSummary(log, form, { seesProcesses: false, slowest: Number(values.slowest) });
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  return 2;
});
