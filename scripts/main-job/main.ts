import { mkdirSync } from "node:fs";
import path from "node:path";

import { CodedError, formatError } from "@clawkeep/diagnostics";

import { layOutCorpus } from "./corpus.ts";
import { readOptions, usage } from "./options.ts";
import { printAnswer } from "./print-answer.ts";
import { answerShape, indexShape } from "./shapes.ts";
import { parseOutput, runCommand } from "./run-command.ts";

/**
 * The main job, by the same executables that users have: index a folder, ask a question through the
 * `local-rag` skill in a sandbox, show the record and verify the log.
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const rag = path.join(root, "apps/local-rag/dist/main.js");
const skill = path.join(root, "apps/skill/dist/main.js");

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const folder = options.folder === undefined ? corpusFolder() : path.resolve(options.folder);
  const index = path.join(folder, ".clawkeep", "index");
  const indexed = indexShape.parse(
    JSON.parse(
      await step("index", rag, ["index", folder, "--index", index, "--cpu", "100%", "--json"]),
    ),
  );
  process.stderr.write(
    `index: ${indexed.documents} documents, ${indexed.chunks} passages, ${indexed.embedded} of them embedded now\n`,
  );
  const places = [
    ...["--workspace", path.resolve(options.workspace ?? root)],
    ...["--program-folder", path.join(root, "apps/local-rag")],
  ];
  await lockSkills(places);
  const run = await runCommand(
    skill,
    [
      ...["run", "local-rag", "query", ...places, "--root", `index=${index}`],
      ...["--args-json", "-", "--json"],
      ...(options.requireSandbox ? ["--require-sandbox"] : []),
    ],
    JSON.stringify({ query: options.question, topk: 5 }),
  );
  if (options.json) {
    process.stdout.write(run.stdout);
    return run.code;
  }
  const execution = answerShape.parse(parseOutput("clawkeep-skill run", run));
  printAnswer(process.stdout, execution);
  const shown = await runCommand(skill, ["audit", "show", execution.id]);
  process.stdout.write(`\nRecord\n${indent(shown.stdout)}`);
  const verified = await runCommand(skill, ["audit", "verify"]);
  process.stdout.write(`\nAudit log\n${indent(verified.stdout)}`);
  return shown.code === 0 && verified.code === 0 ? 0 : 1;
}

function corpusFolder(): string {
  const folder = path.join(root, ".cache", "main-job");
  mkdirSync(folder, { recursive: true });
  const files = layOutCorpus(root, folder);
  process.stderr.write(`documents: ${files} Markdown files of the pinned dependencies\n`);
  return folder;
}

/** Locks the skills of the workspace when their lock is missing or older than what was just built. */
async function lockSkills(places: readonly string[]): Promise<void> {
  const checked = await runCommand(skill, ["lock", "--check", ...places, "--json"]);
  if (checked.code === 1) {
    process.stderr.write("skills: locking what was built here\n");
    await step("lock", skill, ["lock", ...places, "--json"]);
  } else if (checked.code !== 0) {
    throw failed("lock --check", checked.code);
  }
}

async function step(name: string, script: string, args: readonly string[]): Promise<string> {
  const result = await runCommand(script, args);
  if (result.code !== 0) {
    throw failed(name, result.code);
  }
  return result.stdout;
}

function failed(name: string, code: number): CodedError {
  return new CodedError({
    code: "MAIN_JOB_STEP",
    message: `expected ${name} to end with 0, got ${code}`,
    hint: "its own message is above",
  });
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gmu, "  ");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = 2;
}
