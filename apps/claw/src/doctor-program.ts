#!/usr/bin/env node
/*
 * The program of the skill deploy-doctor: examines the files of one folder, and neither reads this machine nor asks or
 * changes anything. A bundle of one file, so that the closure that is locked and hashed is small.
 */
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { CodedError, formatError, printableJson } from "@clawkeep/diagnostics";
import { examineDeployment } from "@clawkeep/provision-doctor";

import { doctorJson } from "./output/doctor-json.ts";

/** What commands to type call the folder: where it lies, only the caller knows. */
const shown = "DEPLOYMENT";

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { folder: { type: "string" }, permissions: { type: "string", default: "true" } },
  });
  const { folder, permissions } = values;
  if (folder === undefined || !path.isAbsolute(folder)) {
    throw new CodedError({
      code: "USAGE",
      message: "expected --folder ABSOLUTE --permissions true",
    });
  }
  const report = await examineDeployment({
    folder,
    shown,
    root: "",
    home: "/",
    uid: process.getuid?.() ?? 0,
    stateHome: undefined,
    host: undefined,
    live: undefined,
    judgesModes: permissions === "true",
    asksModel: false,
  });
  process.stdout.write(`${printableJson(doctorJson(report, [], shown))}\n`);
  return report.diagnoses.length === 0 ? 0 : 1;
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  return 2;
});
