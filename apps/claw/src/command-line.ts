import { escapeForTerminal } from "@clawkeep/diagnostics";
import { Command, CommanderError } from "commander";

import { addDoctorCommand } from "./command-line/doctor-command.ts";
import { addContainerCommand } from "./command-line/container-command.ts";
import { addDataCommands } from "./command-line/data-commands.ts";
import { addOpenClawCommands } from "./command-line/openclaw-commands.ts";
import { addServiceCommands } from "./command-line/service-commands.ts";
import { addSpecCommands } from "./command-line/spec-commands.ts";
import type { AdviseOptions } from "./commands/advise.ts";
import type { ApplyCommandOptions } from "./commands/apply.ts";
import type { CheckOptions } from "./commands/check.ts";
import type { ImportOptions } from "./commands/import.ts";
import type { JudgeOptions } from "./commands/judge.ts";
import type { ModelsOptions } from "./commands/models.ts";
import type { OllamaGateOptions } from "./commands/ollama-gate.ts";
import type { PipeOptions } from "./commands/pipe.ts";
import type { PlanOptions } from "./commands/plan.ts";
import type { RenderOptions } from "./commands/render.ts";
import type { RollbackOptions } from "./commands/rollback.ts";

/**
 * Reads a command line and runs the command. Each command is loaded when it is called, so that help
 * costs nothing.
 *
 * @returns the exit code: 0 done, 1 a check said no, 2 usage
 * @throws what the command throws
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const done = (code: number): void => {
    exitCode = code;
  };
  try {
    await commandLine(done).parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help was asked for; everything else is a mistake, and has been printed.
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

/**
 * The parser of `claw`, with every command.
 *
 * @param done Is told the exit code of the command that ran.
 */
export function commandLine(done: (code: number) => void): Command {
  const program = new Command("claw")
    .description("Turn one spec into a hardened OpenClaw and Ollama deployment.")
    .configureOutput({
      outputError: (text, write) => write(escapeForTerminal(text, { keepNewlines: true })),
    })
    .exitOverride()
    .showHelpAfterError("(add --help for what can be written)")
    .helpCommand(false)
    .addHelpText("after", topExamples);

  program
    .command("advise")
    .description("read this machine and recommend a profile and a model, with numbers")
    .option("--json", "print one JSON object")
    .addHelpText("after", adviseExamples)
    .action(async (options: AdviseOptions) => {
      const { adviseHost } = await import("./commands/advise.ts");
      done(adviseHost(options));
    });

  program
    .command("models")
    .description("list the catalogue of models: size, context, tools")
    .option("--json", "print one JSON object")
    .addHelpText("after", modelsExamples)
    .action(async (options: ModelsOptions) => {
      const { listModels } = await import("./commands/models.ts");
      done(listModels(options));
    });

  program
    .command("check")
    .description("say everything that is wrong with specs, and what several would share")
    .argument("[files...]", "the specs (default: deploy.yaml)")
    .option("--host", "and why this machine cannot run it")
    .option("--json", "print one JSON object")
    .addHelpText("after", checkExamples)
    .action(async (files: readonly string[], options: CheckOptions) => {
      const { checkSpecFiles } = await import("./commands/check.ts");
      done(checkSpecFiles(files.length === 0 ? ["deploy.yaml"] : files, options));
    });

  program
    .command("render")
    .description("render every file of a deployment; nothing is installed")
    .argument("[file]", "the spec", "deploy.yaml")
    .option("--out <folder>", "write them into this folder; files that are there stay")
    .option("--json", "print one JSON object")
    .addHelpText("after", renderExamples)
    .action(async (file: string, options: RenderOptions) => {
      const { renderSpec } = await import("./commands/render.ts");
      done(renderSpec(file, options));
    });

  program
    .command("plan")
    .description("show what would change in a deployment, and what is still exposed")
    .argument("[file]", "the spec", "deploy.yaml")
    .option("--folder <folder>", "where the deployment's files lie", "rendered")
    .option("--check", "exit with 1 when anything would change")
    .option("--json", "print one JSON object")
    .addHelpText("after", planExamples)
    .action(async (file: string, options: PlanOptions) => {
      const { planSpec } = await import("./commands/plan.ts");
      done(planSpec(file, options));
    });

  program
    .command("apply")
    .description("write a deployment's files and its token, or leave everything as it was")
    .argument("[file]", "the spec", "deploy.yaml")
    .option("--folder <folder>", "where the deployment's files lie", "rendered")
    .option("--start", "start what it is made of, and keep it running by a supervisor of our own")
    .option("--question <text>", "what the agent is asked before it counts as applied")
    .option(
      "--manager <name>",
      "what keeps it: systemd, compose, launchd, supervised (default: which is here)",
    )
    .option(
      "--container-ids <id>",
      "id of this host that is 0 in containers (rootless, userns-remap; default: 0)",
    )
    .option("--firewall", "load the rules of a host by nft before anything starts")
    .option("--without-model", "no model is there yet: ask neither Ollama nor the agent")
    .option("--openclaw <folder>", "folder whose node_modules holds openclaw (default: the cache)")
    .option("--dry-run", "say what would be written, and by whom it was changed")
    .option("--overwrite-drift", "write over what was changed by hand")
    .option("--keep-state", "archive nothing of OpenClaw's state, and never put it back")
    .option("--json", "print one JSON object")
    .addHelpText("after", applyExamples)
    .action(async (file: string, options: ApplyCommandOptions) => {
      const { applySpec } = await import("./commands/apply.ts");
      done(await applySpec(file, options));
    });

  program
    .command("pipe", { hidden: true })
    .description("carry bytes between FROM=TO, each tcp:HOST:PORT or unix:/PATH")
    .argument("[command...]", "a program to run meanwhile")
    .requiredOption("--pipe <ends...>", "FROM=TO")
    .action(async (command: readonly string[], options: PipeOptions) => {
      const { runPipes } = await import("./commands/pipe.ts");
      done(await runPipes(command, options));
    });

  program
    .command("supervise", { hidden: true })
    .description("keep the process of a definition running; `claw apply --start` runs it")
    .argument("<file>", "the definition")
    .action(async (file: string) => {
      const { superviseFile } = await import("./commands/supervise.ts");
      done(await superviseFile(file));
    });

  program
    .command("history")
    .description("list every attempt to change a deployment")
    .argument("<name>", "the deployment: name in its spec")
    .option("--json", "print one JSON object")
    .addHelpText("after", historyExamples)
    .action(async (name: string, options: { readonly json?: boolean }) => {
      const { listHistory } = await import("./commands/history.ts");
      done(await listHistory(name, options));
    });

  program
    .command("rollback")
    .description(
      "give a deployment the files and the state of an earlier generation, not its secrets",
    )
    .argument("<name>", "the deployment: name in its spec")
    .option("--to <number>", "a generation of `claw history` (default: the one before)")
    .option("--overwrite-drift", "write over what was changed by hand")
    .option("--keep-state", "the files alone: OpenClaw's state stays that of now")
    .option("--json", "print one JSON object")
    .addHelpText("after", rollbackExamples)
    .action(async (name: string, options: RollbackOptions) => {
      const { rollbackName } = await import("./commands/rollback.ts");
      done(await rollbackName(name, options));
    });

  program
    .command("import")
    .description(
      "read an existing openclaw.json, compose file or .env, and migrate it; nothing is run",
    )
    .argument("<file>", "the file; its name says what it is")
    .option("--spec", "print the beginning of a deploy.yaml, also for openclaw.json")
    .option("--out <file>", "write the result into a new file instead of printing it")
    .option("--json", "print one JSON object")
    .addHelpText("after", importExamples)
    .action(async (file: string, options: ImportOptions) => {
      const { importExisting } = await import("./commands/import.ts");
      done(importExisting(file, options));
    });

  program
    .command("judge")
    .description(
      "judge a deployment's files: OpenClaw, the programs of this machine that read them, our own checks",
    )
    .argument("[file]", "the spec, or an openclaw.json", "deploy.yaml")
    .option("--openclaw <folder>", "folder whose node_modules holds openclaw (default: the cache)")
    .option(
      "--folder <folder>",
      "judge the deployment's files that lie there (default: rendered anew)",
    )
    .option("--judges <folder>", "programs that judge, before the system's (default: the cache)")
    .option("--strict", "not judged is a no")
    .option("--json", "print one JSON object")
    .addHelpText("after", judgeExamples)
    .action(async (file: string, options: JudgeOptions) => {
      const { judgeFile } = await import("./commands/judge.ts");
      done(await judgeFile(file, options));
    });

  program
    .command("ollama-gate")
    .description("let five paths of Ollama through, for named models; refuse and record the rest")
    .requiredOption("--model <names...>", "models that are let through, exactly as clients ask")
    .option("--upstream <url>", "where Ollama is", "http://127.0.0.1:11434")
    .option("--listen <place>", "HOST:PORT of loopback, or unix:/PATH", "127.0.0.1:11435")
    .option("--host <names...>", "names by which clients may call it, besides those of loopback")
    .addHelpText("after", ollamaGateExamples)
    .action(async (options: OllamaGateOptions) => {
      const { runOllamaGate } = await import("./commands/ollama-gate.ts");
      done(await runOllamaGate(options));
    });

  program
    .command("schema")
    .description("print the JSON Schema of deploy.yaml, for editors")
    .addHelpText("after", schemaExamples)
    .action(async () => {
      const { printSchema } = await import("./commands/schema.ts");
      done(printSchema());
    });

  addServiceCommands(program, done);
  addDoctorCommand(program, done);
  addOpenClawCommands(program, done);
  addSpecCommands(program, done);
  addDataCommands(program, done);
  addContainerCommand(program, done);
  return program;
}

const topExamples = `
Examples:
  claw advise
  claw check deploy.yaml --host
  claw render deploy.yaml --out rendered
  claw import openclaw.json > migrated.json

Exit codes: 0 done, 1 a check said no, 2 usage, missing part or failure.
`;

const adviseExamples = `
Examples:
  claw advise
  claw advise --json

Reads cores, memory, swap, disk, limits of cgroups and NVIDIA GPUs; changes nothing.
`;

const modelsExamples = `
Examples:
  claw models
  claw models --json
`;

const checkExamples = `
Examples:
  claw check
  claw check deploy.yaml --host --json
  claw check alice.yaml bob.yaml

Several are also compared: one host needs a name, ports, users, bridges and subnets for each.
Exit codes: 0 it holds, 1 it does not, 2 usage or failure.
`;

const renderExamples = `
Examples:
  claw render
  claw render deploy.yaml --out rendered

Exit codes: 0 rendered, 1 the spec does not hold, 2 usage or failure.
`;

const planExamples = `
Examples:
  claw plan
  claw plan deploy.yaml --folder rendered --check
  claw plan --json

Compares by meaning: the order of keys, layout and comments are no change. Nothing is written.
Exit codes: 0 planned, 1 the spec does not hold or, with --check, something would change, 2 usage or failure.
`;

const applyExamples = `
Examples:
  claw apply --dry-run
  claw apply deploy.yaml --folder rendered
  claw apply --overwrite-drift --json
  claw apply --start --question "Where is the restore key?"
  claw apply --start --without-model --manager supervised

A file that somebody changed is shown and not written over. Killed at any moment, the next call undoes first.
The token is made once, mode 0600, and kept; its value is printed nowhere. With --start everything is put back
unless the gateway is ready, Ollama has the models, and the agent answers one question. Where OpenClaw, its models,
agents or channels change, its state is archived first and put back with the files; without room for that nothing is
begun. The last five archives are kept.
Exit codes: 0 applied or unchanged, 1 the spec does not hold, drift, or put back, 2 usage or failure.
`;

const historyExamples = `
Examples:
  claw history home
  claw history home --json

"state of before" is an archive of what OpenClaw had written when that attempt began.
`;

const rollbackExamples = `
Examples:
  claw rollback home
  claw rollback home --to 3
  claw rollback home --keep-state

OpenClaw's state is that which the generation had left; the state of now is archived, so that this can be undone, too.
The workspace stays as it is. A secret that was rotated stays rotated: no generation and no archive holds one.
Exit codes: 0 rolled back, 1 drift or put back, 2 usage, no such generation or failure.
`;

const importExamples = `
Examples:
  claw import ~/.openclaw/openclaw.json --out migrated.json
  claw import docker-compose.yml
  claw import .env --out deploy.yaml

The result goes to standard output, what was changed and what is wrong to standard error.
Exit codes: 0 imported, 1 imported and something in it is wrong, 2 usage or failure.
`;

const judgeExamples = `
Examples:
  claw judge deploy.yaml --strict
  claw judge deploy.yaml --folder rendered
  claw judge deploy.yaml --judges ~/.cache/clawkeep/judges/bin --json
  claw judge migrated.json --openclaw ~/.cache/clawkeep/openclaw

A copy is judged: without programs, real secrets, network or this environment. Asked are, where they are found:
docker-compose, kics, hadolint, systemd-analyze, quadlet, nft, squid, caddy, python3 (plistlib), shellcheck, promtool.
Exit codes: 0 nothing against it, 1 a judge said no, 2 usage or failure.
`;

const ollamaGateExamples = `
Examples:
  claw ollama-gate --model llama3.2:3b
  claw ollama-gate --model llama3.2:3b qwen3:8b --listen unix:/run/claw-home/ollama.sock
  claw ollama-gate --model gpt-oss:20b --upstream http://ollama:11434 --listen 0.0.0.0:11434 --host ollama-gate.local

/api/chat, /api/embed, /api/show, /api/tags and /api/version pass; pull, push, create, delete and all others
are answered 403 and recorded on standard error, one JSON object a line. It stops by SIGTERM or SIGINT.
`;

const schemaExamples = `
Examples:
  claw schema > deploy.schema.json
`;
