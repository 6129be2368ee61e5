#!/usr/bin/env node
/*
 * What runs in the single container: starts Ollama and the gateway, watches both, and answers the container's commands.
 * A bundle of one file, which the image has without anything else of ours beside it but the skills.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import {
  backupData,
  checkHealth,
  configOfSettings,
  containerVariables,
  dataFolders,
  hardwareReport,
  imagePlace,
  readSettings,
  restoreData,
  runContainer,
} from "@clawkeep/container-supervisor";
import type { ContainerPlace, ContainerSettings } from "@clawkeep/container-supervisor";
import { CodedError, count, formatError, formatFinding } from "@clawkeep/diagnostics";
import { readHostFacts } from "@clawkeep/provision-plan";

import { printData, printNote } from "./output/print.ts";
import { thisHost } from "./place/host-reader.ts";

const place: ContainerPlace = imagePlace;

const help = `claw-container [COMMAND]

  start          starts Ollama, fetches the model, starts the gateway, and watches both (what the image does)
  health         asks both once; exit code 1 when one is not well (what HEALTHCHECK does)
  report         what this machine has, and what the settings make of it
  config         the openclaw.json that the settings make, or the one that was mounted
  token          prints the gateway's token, to a terminal only (--show elsewhere)
  backup FILE    the agent's state, workspace and records in one archive, without models and secrets
  restore FILE   gives a volume what a backup holds; what was there stays beside it

Stop the container before backup and restore:
  docker run --rm -v clawlama-data:/data -v "$PWD:/backup" IMAGE backup /backup/claw.tar
  docker run --rm -v clawlama-data:/data -v "$PWD:/backup" IMAGE restore /backup/claw.tar

Variables, with what holds without them:
${containerVariables.map(({ name, about, standard }) => `  ${name}${standard === undefined || standard === "" ? "" : `=${standard}`}\n      ${about}`).join("\n")}
  and what else Ollama 0.17.4 reads, such as OLLAMA_KEEP_ALIVE.
`;

async function run(args: readonly string[]): Promise<number> {
  const [command = "start", ...rest] = args;
  switch (command) {
    case "start":
      return start();
    case "health":
      return health();
    case "report":
      return report();
    case "config":
      printData(configOfSettings(settings(), place));
      return 0;
    case "token":
      return token(rest.includes("--show"));
    case "backup": {
      const { files, left } = await backupData(place, absolute(rest[0]));
      printData(`${count(files.length, "file")} in ${rest[0]}`);
      for (const one of left) printNote(`left out: ${one}`);
      return 0;
    }
    case "restore": {
      const { files, before } = await restoreData(place, absolute(rest[0]));
      printData(`${count(files, "file")} from ${rest[0]}`);
      for (const one of before) printNote(`what was there is ${one}`);
      return 0;
    }
    case "help":
    case "--help":
      printData(help);
      return 0;
    default:
      throw new CodedError({
        code: "USAGE",
        message: `expected a command of the container, got ${command}`,
        hint: "`claw-container help` lists them.",
      });
  }
}

async function start(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => stop.abort(signal));
  }
  return runContainer({
    environment: process.env,
    place,
    host: thisHost(place.data),
    say: printData,
    stop: stop.signal,
  });
}

/** @throws CodedError with the first error when there are none; all of them are printed */
function settings(): ContainerSettings {
  const result = readSettings(process.env, readHostFacts(thisHost(place.data)), place);
  if (result.settings !== undefined) return result.settings;
  for (const finding of result.findings) printNote(formatFinding(finding));
  throw new CodedError({
    code: "CONTAINER_SETTINGS",
    message: `expected settings without errors, got ${count(result.findings.length, "finding")}`,
  });
}

async function health(): Promise<number> {
  const problems = await checkHealth(settings());
  printData(problems.length === 0 ? "well" : problems.join("; "));
  return problems.length === 0 ? 0 : 1;
}

function report(): number {
  const facts = readHostFacts(thisHost(place.data));
  const result = readSettings(process.env, facts, place);
  for (const line of hardwareReport(facts, result.settings)) printData(line);
  for (const finding of result.findings) printNote(formatFinding(finding));
  return result.settings === undefined ? 1 : 0;
}

function token(isWanted: boolean): number {
  if (!process.stdout.isTTY && !isWanted) {
    throw new CodedError({
      code: "TOKEN_NOT_SHOWN",
      message: "expected a terminal to print the token to, got something else",
      hint: "docker exec -it NAME claw-container token, or --show.",
    });
  }
  const file = path.join(dataFolders(place).secrets, "gateway-token");
  printData(readFileSync(file, "utf8").trim());
  return 0;
}

function absolute(file: string | undefined): string {
  if (file !== undefined && path.isAbsolute(file)) return file;
  throw new CodedError({
    code: "USAGE",
    message: `expected the absolute path of an archive, got ${file ?? "none"}`,
    hint: "Mount a folder and name a file in it: /backup/claw.tar.",
  });
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  printNote(formatError(error));
  return 2;
});
