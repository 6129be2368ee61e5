import { escapeForTerminal } from "@clawkeep/diagnostics";
import { Command, CommanderError, Option } from "commander";

import { refuseUndecodable } from "./argv-bytes.ts";
import type { AuditReportOptions } from "./commands/audit-report.ts";
import type { AuditCheckpointOptions } from "./commands/audit-checkpoint.ts";
import type { AuditExportOptions } from "./commands/audit-export.ts";
import type { AuditPruneOptions } from "./commands/audit-prune.ts";
import type { AuditProveOptions } from "./commands/audit-prove.ts";
import type { AuditReplayOptions } from "./commands/audit-replay.ts";
import type { AuditShowOptions } from "./commands/audit-show.ts";
import type { AuditVerifyOptions } from "./commands/audit-verify.ts";
import type { BundleKeyOptions } from "./commands/bundle-key.ts";
import type { CheckOptions } from "./commands/check.ts";
import type { CleanCommandOptions } from "./commands/clean.ts";
import type { ConnectOptions } from "./commands/connect.ts";
import type { LockOptions } from "./commands/lock.ts";
import type { MigrateCommandOptions } from "./commands/migrate.ts";
import type { NewOptions } from "./commands/new.ts";
import type { OpenclawApprovalsOptions } from "./commands/openclaw-approvals.ts";
import type { OpenclawPolicyOptions } from "./commands/openclaw-policy.ts";
import type { PackOptions } from "./commands/pack.ts";
import type { PreflightOptions } from "./commands/preflight.ts";
import type { RunOptions } from "./commands/run.ts";
import type { RunsOptions } from "./commands/runs.ts";
import type { ServeOptions } from "./commands/serve.ts";
import type { SyncOptions } from "./commands/sync.ts";
import type { TableOptions } from "./commands/table.ts";
import type { TestCommandOptions } from "./commands/test.ts";
import type { VerifyOptions } from "./commands/verify.ts";

/**
 * Reads a command line and runs the command. Each command is loaded when it is called, so that help
 * costs nothing.
 *
 * @returns the exit code: 0 done, 1 a check said no, 2 usage
 * @throws what the command throws
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  refuseUndecodable(argv);
  let exitCode = 0;
  const done = (code: number): void => {
    exitCode = code;
  };
  try {
    await build(done).parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; everything else is a mistake, and has been printed.
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function places(command: Command): Command {
  return command
    .option(
      "--workspace <path>",
      "folder that holds skills/ and skills.lock (default: found upwards from here)",
    )
    .addOption(
      new Option(
        "--program-folder <path>",
        "folder of an installed program, or that holds programs (repeatable)",
      )
        .argParser(collect)
        .default([], "none"),
    );
}

function build(done: (code: number) => void): Command {
  const program = new Command("clawkeep-skill")
    .description("Run, check, test, lock and audit skills.")
    .configureOutput({
      outputError: (text, write) => write(escapeForTerminal(text, { keepNewlines: true })),
    })
    .exitOverride()
    .showHelpAfterError("(add --help for what can be written)")
    .helpCommand(false)
    .addHelpText("after", topExamples);

  places(program.command("run"))
    .description("run one action of a locked skill, in a sandbox, with a record")
    .argument("<name>", "name of the skill")
    .argument("[action]", "action of its contract (default: its default action)")
    .addOption(
      new Option("--arg <name=value>", "one argument (repeatable)")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--args-json <file>", "all arguments as one JSON object; - is standard input")
    .addOption(
      new Option("--root <name=path>", "folder for a root of the contract (repeatable)")
        .argParser(collect)
        .default([], "the contract's"),
    )
    .option("--require-sandbox", "refuse to run without a sandbox")
    .option("--background", "print an id as soon as it is started, and let it go on")
    .option("--output <file>", "write the output as it is to a new file too, such as for a replay")
    .option("--metrics <file>", "add the run to a Prometheus textfile (default: config.yaml's)")
    .option("--json", "print one JSON object: the execution, or the refusal")
    .addHelpText("after", runExamples)
    .action(async (name: string, action: string | undefined, options: RunOptions) => {
      const { runSkill } = await import("./commands/run.ts");
      done(await runSkill(name, action, options));
    });

  const runs = program
    .command("runs")
    .description("list, show, wait for and stop runs in the background")
    .helpCommand(false)
    .addHelpText("after", runsExamples);
  runs
    .command("list", { isDefault: true })
    .description("list those that run, and those that ended lately")
    .option("--json", "print one JSON object")
    .action(async (options: RunsOptions) => {
      const { listCommand } = await import("./commands/runs.ts");
      done(await listCommand(options));
    });
  runs
    .command("show")
    .description("show one, with its result when it has ended")
    .argument("<id>", "id that run printed")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: RunsOptions) => {
      const { showCommand } = await import("./commands/runs.ts");
      done(await showCommand(id, options));
    });
  runs
    .command("wait")
    .description("wait for its end, and print its result as run does")
    .argument("<id>", "id that run printed")
    .option("--timeout <seconds>", "longest wait (default: none)")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: RunsOptions) => {
      const { waitCommand } = await import("./commands/runs.ts");
      done(await waitCommand(id, options));
    });
  runs
    .command("stop")
    .description("end it, as Ctrl-C ends one in the foreground")
    .argument("<id>", "id that run printed")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: RunsOptions) => {
      const { stopCommand } = await import("./commands/runs.ts");
      done(await stopCommand(id, options));
    });
  program
    .command("background-runner", { hidden: true })
    .description("the process of one background run; started by run")
    .action(async () => {
      const { backgroundRunner } = await import("./commands/background-runner.ts");
      done(await backgroundRunner());
    });

  program
    .command("check")
    .description("say everything that is wrong with skill folders; nothing is run")
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .option("--workspace <path>", "folder that holds skills/")
    .option(
      "--target <name>",
      "whose rules: spec, claude, openclaw, clawhub or all (default: spec, and our own)",
    )
    .option("--fix", "repair in SKILL.md what is safe to repair, then check")
    .option("--sarif", "print a SARIF 2.1.0 log")
    .option("--json", "print one JSON object")
    .addHelpText("after", checkExamples)
    .action(async (folders: readonly string[], options: CheckOptions) => {
      const { checkSkills } = await import("./commands/check.ts");
      done(await checkSkills(folders, options));
    });

  program
    .command("preflight")
    .description(
      "say what publishing is expected to meet: registry, loader, scanners; sends nothing",
    )
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .option("--workspace <path>", "folder that holds skills/")
    .option("--categories <slugs>", "categories to publish under, with commas")
    .option("--topics <topics>", "topics to publish under, with commas")
    .option("--strict", "exit 1 for warnings too")
    .option("--sarif", "print a SARIF 2.1.0 log")
    .option("--json", "print one JSON object")
    .addHelpText("after", preflightExamples)
    .action(async (folders: readonly string[], options: PreflightOptions) => {
      const { preflightSkills } = await import("./commands/preflight.ts");
      done(await preflightSkills(folders, options));
    });

  program
    .command("pack")
    .description("pack skill folders as ClawHub would get them: the same files give the same bytes")
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .option("--workspace <path>", "folder that holds skills/")
    .option("--into <path>", "folder for SLUG.zip", ".")
    .option("--sign <file>", "seal each bundle with this key (SLUG.zip.seal)")
    .option("--json", "print one JSON object")
    .addHelpText("after", packExamples)
    .action(async (folders: readonly string[], options: PackOptions) => {
      const { packSkills } = await import("./commands/pack.ts");
      done(await packSkills(folders, options));
    });

  program
    .command("bundle-key")
    .description("make a key for pack --sign; prints the public part, for verify --verifier")
    .argument("<name>", "who signs, without spaces")
    .requiredOption("--into <file>", "new file for the secret part, mode 0600")
    .option("--json", "print one JSON object")
    .addHelpText("after", bundleKeyExamples)
    .action(async (name: string, options: BundleKeyOptions) => {
      const { makeBundleKey } = await import("./commands/bundle-key.ts");
      done(await makeBundleKey(name, options));
    });

  program
    .command("verify")
    .description("say whether bundles are whole and, with a pinned key, whose; unpacks nothing")
    .argument("<bundle...>", "files that pack wrote")
    .option("--verifier <file>", "public key of the author, which you have from elsewhere")
    .option("--seal <file>", "seal of the one bundle (default: BUNDLE.seal)")
    .option("--json", "print one JSON object")
    .addHelpText("after", verifyExamples)
    .action(async (bundles: readonly string[], options: VerifyOptions) => {
      const { verifyBundles } = await import("./commands/verify.ts");
      done(await verifyBundles(bundles, options));
    });

  program
    .command("new")
    .description(
      "make a skill from a template: contract, cases, program; asks for what is not said",
    )
    .argument("[name]", "name of the skill and of its folder")
    .option(
      "--workspace <path>",
      "folder that holds skills/ (default: found upwards from here, or here)",
    )
    .option("--template <name>", "node, python, binary, data or wrap")
    .option("--description <text>", "what it does and when to use it")
    .option("--program <name>", "for binary: a program of the system")
    .option("--wrap <command>", "a command line with typed values; implies --template wrap")
    .option("--json", "print one JSON object")
    .addHelpText("after", newExamples)
    .action(async (name: string | undefined, options: NewOptions) => {
      const { newSkill } = await import("./commands/new.ts");
      done(await newSkill(name, options));
    });

  program
    .command("sync")
    .description("make SKILL.md agree with its contract: digest and generated part")
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .option("--workspace <path>", "folder that holds skills/")
    .option("--check", "only show what would change; exit 1 if anything does")
    .option("--json", "print one JSON object")
    .addHelpText("after", syncExamples)
    .action(async (folders: readonly string[], options: SyncOptions) => {
      const { syncSkills } = await import("./commands/sync.ts");
      done(await syncSkills(folders, options));
    });

  program
    .command("migrate")
    .description("move the exec of a SKILL.md into an exec contract; nothing is run")
    .argument("<folder...>", "skill folders")
    .option("--dry-run", "only show what would change")
    .option("--numbers", "make literal whole numbers such as --topk 5 arguments with that default")
    .option("--json", "print one JSON object")
    .addHelpText("after", migrateExamples)
    .action(async (folders: readonly string[], options: MigrateCommandOptions) => {
      const { migrateSkills } = await import("./commands/migrate.ts");
      done(await migrateSkills(folders, options));
    });

  places(program.command("test"))
    .description(
      "execute the cases of skills: twice, one-shot and resident, shaken, watched, attacked",
    )
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .addOption(
      new Option("--root <name=path>", "folder for a root that a case does not name (repeatable)")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--require-sandbox", "refuse to run without a sandbox")
    .option("--trust", "run skills that are not in skills.lock even without a sandbox")
    .option("--times <number>", "runs of each case in each form (default: 2)")
    .option("--no-shaken", "do not change locale, time zone, seeds, paths … and compare")
    .option("--no-observe", "do not have the kernel watch what a case tries")
    .option("--arguments", "try hostile arguments (default: of skills in skills.lock)")
    .option("--no-arguments", "try no hostile arguments")
    .option("--cases-per-action <number>", "least cases an action of our own skills (default: 3)")
    .option("--parallel <number>", "runs at a time (default: one a processor)")
    .option("--record", "record what services say (services.json), to be played from then on")
    .option("--update", "show how golden files would change, and write them when you say so")
    .option("--yes", "with --update: write without asking")
    .option("--junit <file>", "write the report as JUnit XML too")
    .option("--github", "print annotations for GitHub")
    .option("--slowest", "name the slowest five (default: when it took more than a minute)")
    .option("--watch", "test again the skills of which a file changes")
    .option("--json", "print one JSON object")
    .addHelpText("after", testExamples)
    .action(async (folders: readonly string[], options: TestCommandOptions) => {
      const { testCommand } = await import("./commands/test.ts");
      done(await testCommand(folders, options));
    });

  places(program.command("lock"))
    .description("pin skills and their programs by digest in skills.lock: only these run")
    .argument("[folder...]", "skill folders (default: all of skills/)")
    .option("--check", "only say whether the lock holds")
    .option("--json", "print one JSON object")
    .addHelpText("after", lockExamples)
    .action(async (folders: readonly string[], options: LockOptions) => {
      const { lockCommand } = await import("./commands/lock.ts");
      done(await lockCommand(folders, options));
    });

  places(program.command("serve"))
    .description("offer each action of each locked skill as a tool of the Model Context Protocol")
    .addOption(
      new Option("--skill <name>", "offer this skill only (repeatable)")
        .argParser(collect)
        .default([], "all that are locked"),
    )
    .option("--socket <path>", "listen on a Unix socket, for clawkeep-skill connect")
    .option("--group <gid>", "with --socket: members of this group may connect")
    .option("--http <port>", "listen on 127.0.0.1 at /mcp, with a token (0: any free port)")
    .addOption(
      new Option("--token <name>", "with --http: a client that has a token of its own (repeatable)")
        .argParser(collect)
        .default([], "gateway"),
    )
    .option(
      "--token-folder <path>",
      "one file for each token (default: tokens/ of the state folder)",
    )
    .option("--allow-unconfined", "run skills where this machine has no sandbox too")
    .option("--calls <number>", "calls of one caller a minute (default: 300)")
    .option("--seconds <number>", "seconds of work for one caller a minute (default: 120)")
    .option("--megabytes <number>", "arguments and results for one caller a minute (default: 64)")
    .addHelpText("after", serveExamples)
    .action(async (options: ServeOptions) => {
      const { serveSkills } = await import("./commands/serve.ts");
      done(await serveSkills(options));
    });

  program
    .command("connect")
    .description("copy bytes between standard streams and the socket of a skills service")
    .argument("<socket>", "path of the socket")
    .option("--owner <uid>", "who has to own the socket and its folder (default: this user)")
    .addHelpText("after", connectExamples)
    .action(async (socket: string, options: ConnectOptions) => {
      const { connectService } = await import("./commands/connect.ts");
      done(await connectService(socket, options));
    });

  places(program.command("openclaw-approvals"))
    .description("write what lets OpenClaw's exec tool call locked skills, and nothing else")
    .requiredOption("--into <folder>", "where launchers, approvals and configuration are written")
    .addOption(
      new Option("--skill <name>", "allow this skill only (repeatable)")
        .argParser(collect)
        .default([], "all that are locked"),
    )
    .addOption(
      new Option("--root <[skill.]name=path>", "folder for a root of the contract (repeatable)")
        .argParser(collect)
        .default([], "the contract's"),
    )
    .option("--agent <id>", "the agent of OpenClaw that may call them", "main")
    .option("--allow-unconfined", "run skills where this machine has no sandbox too")
    .option("--dry-run", "write nothing")
    .option("--json", "print one JSON object: launchers, approvals, configuration")
    .addHelpText("after", openclawApprovalsExamples)
    .action(async (options: OpenclawApprovalsOptions) => {
      const { openclawApprovals } = await import("./commands/openclaw-approvals.ts");
      done(await openclawApprovals(options));
    });

  program
    .command("openclaw-policy")
    .description("answer OpenClaw's install policy: check the staged skill, nothing of it is run")
    .option("--require-contract", "block skills that have no exec contract")
    .addHelpText("after", openclawPolicyExamples)
    .action(async (options: OpenclawPolicyOptions) => {
      const { openclawPolicy } = await import("./commands/openclaw-policy.ts");
      done(await openclawPolicy(options));
    });

  program
    .command("clean")
    .description("remove from the state folder what nobody needs any more, and say what")
    .option("--dry-run", "only say what would be removed")
    .option("--json", "print one JSON object")
    .addHelpText("after", cleanExamples)
    .action(async (options: CleanCommandOptions) => {
      const { cleanCommand } = await import("./commands/clean.ts");
      done(await cleanCommand(options));
    });

  program
    .command("table")
    .description("ask CSV, TSV, JSON and SQLite files by SQL that only reads")
    .argument("[file...]", "files to ask, each a table or a schema of tables")
    .option("--sql <text>", "one SELECT")
    .option("--schema", "say which tables and columns there are")
    .option("--stdin", "take file, other, sql and maxRows from a JSON object on standard input")
    .option("--recursive", "allow WITH RECURSIVE")
    .option("--max-rows <number>", "rows of an answer (default: 200)")
    .option("--max-bytes <number>", "bytes of an answer's rows as JSON (default: 500000)")
    .option("--max-cell <number>", "length of a text or blob in an answer (default: 10000)")
    .option("--max-file-bytes <number>", "bytes of one file (default: 64 MiB)")
    .option("--time-limit-ms <number>", "milliseconds until the query is ended (default: 10000)")
    .option("--json", "print one JSON object: the answer, or the error")
    .addHelpText("after", tableExamples)
    .action(async (files: readonly string[], options: TableOptions) => {
      const { tableCommand } = await import("./commands/table.ts");
      done(await tableCommand(files, options));
    });

  const audit = program
    .command("audit")
    .description("show and verify the record of what was run")
    .helpCommand(false)
    .addHelpText("after", auditExamples);
  audit
    .command("show")
    .description("show executions, the newest last, or one of them whole")
    .argument("[id]", "id of an execution")
    .option("--limit <number>", "how many (default: 20)")
    .option("--json", "print one JSON object")
    .action(async (id: string | undefined, options: AuditShowOptions) => {
      const { showAudit } = await import("./commands/audit-show.ts");
      done(await showAudit(id, options));
    });
  audit
    .command("report")
    .description("count what was run: by skill, action, outcome and sandbox; no private text")
    .option("--json", "print one JSON object")
    .option("--markdown", "print Markdown")
    .action(async (options: AuditReportOptions) => {
      const { reportAudit } = await import("./commands/audit-report.ts");
      done(await reportAudit(options));
    });
  audit
    .command("verify")
    .description("verify every record of the log")
    .option("--checkpoint <file>", "a checkpoint that was kept elsewhere")
    .option("--anchor <file>", "the same")
    .option("--witness <file>", "a file to which checkpoints were appended: all are compared")
    .option("--json", "print one JSON object")
    .action(async (options: AuditVerifyOptions) => {
      const { verifyAudit } = await import("./commands/audit-verify.ts");
      done(await verifyAudit(options));
    });
  audit
    .command("checkpoint")
    .description("print the signed checkpoint of a log that verifies, to be kept elsewhere")
    .option("--witness <file>", "append it to this file too, which others may own")
    .option(
      "--witness-command <json>",
      "give it on standard input to a program: a JSON array of program and arguments, no shell",
    )
    .action(async (options: AuditCheckpointOptions) => {
      const { printCheckpoint } = await import("./commands/audit-checkpoint.ts");
      done(await printCheckpoint(options));
    });
  audit
    .command("prove")
    .description("print a proof that an execution is in the log, or check one without the log")
    .argument("[id]", "id of an execution")
    .option("--end", "prove how it ended (default: how it began)")
    .option("--check <file>", "check the proof in this file")
    .option("--verifier <key>", "the log's public key, or its file (default: this machine's log's)")
    .action(async (id: string | undefined, options: AuditProveOptions) => {
      const { proveAudit } = await import("./commands/audit-prove.ts");
      done(await proveAudit(id, options));
    });
  audit
    .command("prune")
    .description("remove the oldest files of the log, on the record; the rest still verifies")
    .requiredOption("--keep <number>", "how many files of the log to keep")
    .action(async (options: AuditPruneOptions) => {
      const { pruneAudit } = await import("./commands/audit-prune.ts");
      done(await pruneAudit(options));
    });
  audit
    .command("rotate-key")
    .description("give the log a new key, which the key before and the new one sign for")
    .action(async () => {
      const { rotateAuditKey } = await import("./commands/audit-rotate-key.ts");
      done(await rotateAuditKey());
    });
  audit
    .command("export")
    .description("print records as NDJSON, or a signed attestation of one execution, or check one")
    .argument("[id...]", "ids of executions (default: all)")
    .option("--skill <name>", "executions of this skill")
    .option("--since <time>", "executions begun at this day or time, or later (UTC)")
    .option("--until <time>", "executions begun before this day or time (UTC)")
    .option("--attestation", "sign an in-toto statement about the one execution that is named")
    .option("--check <file>", "check the attestation in this file")
    .option("--verifier <key>", "the log's public key, or its file (default: this machine's log's)")
    .action(async (ids: readonly string[], options: AuditExportOptions) => {
      const { exportAudit } = await import("./commands/audit-export.ts");
      done(await exportAudit(ids, options));
    });
  places(audit.command("replay"))
    .description("do a recorded execution again in a throw-away copy, and compare the output")
    .argument("<id>", "id of an execution")
    .addOption(
      new Option(
        "--arg <name=value>",
        "a value of which the record has the digest only (repeatable)",
      )
        .argParser(collect)
        .default([], "none"),
    )
    .option("--args-json <file>", "the same as one JSON object; - is standard input")
    .addOption(
      new Option("--root <name=path>", "folder for a root of the contract (repeatable)")
        .argParser(collect)
        .default([], "the contract's"),
    )
    .option("--recorded-output <file>", "the recorded output, to show what differs")
    .option("--allow-effects", "do again what writes, uses services or is given secrets")
    .option("--json", "print one JSON object: the comparison, or the refusal")
    .addHelpText("after", replayExamples)
    .action(async (id: string, options: AuditReplayOptions) => {
      const { replayAudit } = await import("./commands/audit-replay.ts");
      done(await replayAudit(id, options));
    });
  return program;
}

const topExamples = `
Examples:
  clawkeep-skill check skills/local-rag
  clawkeep-skill lock
  clawkeep-skill run local-rag query --arg query="how do I start" --arg topk=3
  clawkeep-skill audit verify

State (record, keys) is in $CLAWKEEP_HOME, by default the platform's state folder.
Exit codes: 0 done, 1 a check or the skill says no, 2 usage, missing part or failure.
`;

const runExamples = `
Examples:
  clawkeep-skill run local-rag --arg query="how do I start" --root index=docs/.clawkeep/index
  echo '{"query":"how do I start","topk":3}' | clawkeep-skill run local-rag query --args-json - --json

A value is passed as it is: no shell, no expansion. Text that others on this machine should not read
comes by --args-json, since command lines can be seen by all.
Exit codes follow the contract: 0 done, 1 no, 2 failure; a refusal is 2. The JSON is {"version":1, …}.
With --background 0 is: started. Where config.yaml has backgroundMs a longer run goes on in the background, and 75 says so.
`;

const runsExamples = `
Examples:
  clawkeep-skill run local-rag query --arg query="how do I start" --background
  clawkeep-skill runs
  clawkeep-skill runs wait 0123456789abcdef --timeout 60
  clawkeep-skill runs stop 0123456789abcdef

One that ended is listed for cleanupMs (default: half an hour): docs/runtime-config.md.
Exit codes: of list and stop 0; of show and wait as run's, 75 while it runs; 2 usage, failure, or lost.
`;

const checkExamples = `
Examples:
  clawkeep-skill check
  clawkeep-skill check skills/local-rag --json
  clawkeep-skill check ~/downloads/some-skill --target all
  clawkeep-skill check skills/local-rag --fix

Without --target a folder must be one that the runtime runs. With it a skill without an exec contract
will do, and only what that target refuses is an error. The rules: docs/skill-authoring.md.
Exit codes: 0 no errors (warnings may be), 1 errors, 2 nothing to check.
`;

const preflightExamples = `
Examples:
  clawkeep-skill preflight
  clawkeep-skill preflight skills/local-rag --categories knowledge --topics rag,offline
  clawkeep-skill preflight skills/local-rag --strict --sarif > preflight.sarif

Each finding names who is expected to say it, in which words, and the version that they were read from. They are
predictions: none is a promise, and no findings do not mean that a skill is harmless. docs/publishing.md
Exit codes: 0 no errors (warnings may be), 1 errors, 2 usage or failure.
`;

const packExamples = `
Examples:
  clawkeep-skill pack
  clawkeep-skill pack skills/local-rag --into dist
  clawkeep-skill pack skills/local-rag --sign ~/.config/author.key --json

Left out, as the registry's CLI does: names that begin with a dot, links, node_modules, what .gitignore and
.clawhubignore of the folder name, skill-card.md. The fingerprint is the registry's. docs/publishing.md
Exit codes: 0 packed, 1 a folder cannot be packed, 2 usage or failure.
`;

const bundleKeyExamples = `
Examples:
  clawkeep-skill bundle-key ada --into ~/.config/author.key > author.pub

The secret part is never printed. Whoever has author.pub can verify what you seal.
`;

const verifyExamples = `
Examples:
  clawkeep-skill verify local-rag.zip
  clawkeep-skill verify local-rag.zip --verifier author.pub

Without --verifier it says "integrity only": whole, and unchanged since it was packed, by whomever. Nothing is
decompressed or written. That a bundle verifies does not say that what is in it is harmless.
Exit codes: 0 as it should be, 1 not, 2 usage or failure.
`;

const newExamples = `
Examples:
  clawkeep-skill new
  clawkeep-skill new top-words --template python --description "Count the words of a text."
  clawkeep-skill new last-numbers --wrap 'seq {{count}}'
  clawkeep-skill new sorted --wrap 'sort --key {{column:integer=1}} -- {{text}}'

A value is one whole word: {{name}}, {{name:integer=5}}, {{name:boolean}}, {{name:string}}, {{name:one|two}}.
No shell reads the command: pipes, variables and patterns are refused. Nothing is overwritten.
Exit codes: 0 made, 2 usage or failure.
`;

const syncExamples = `
Examples:
  clawkeep-skill sync skills/local-rag
  clawkeep-skill sync --check

The generated part stands between <!-- clawkeep:begin --> and <!-- clawkeep:end -->; without these lines only
the digest is written. All else of SKILL.md is yours.
Exit codes: 0 they agree, 1 with --check they do not, 2 a file has errors.
`;

const migrateExamples = `
Examples:
  clawkeep-skill migrate skills/local-rag --dry-run
  clawkeep-skill migrate skills/local-rag --numbers

No shell reads the command: pipes, redirections and variables are refused, and then nothing is written.
What only you can decide is listed after it. Next: clawkeep-skill check, then lock.
Exit codes: 0 migrated (or could be), 1 refused, 2 usage or failure.
`;

const testExamples = `
Examples:
  clawkeep-skill test
  clawkeep-skill test skills/local-rag --root index=fixtures/index --json

A skill that is not in skills.lock is run in a sandbox only, unless you say --trust.
Test runs have a record of their own, in $CLAWKEEP_HOME/test.
Exit codes: 0 all cases hold, 1 some do not or nothing ran, 2 usage or failure.
`;

const lockExamples = `
Examples:
  clawkeep-skill lock
  clawkeep-skill lock skills/local-rag
  clawkeep-skill lock --check --json

Exit codes: 0 locked (or holds), 1 a skill has errors (or does not fit its lock), 2 usage or failure.
`;

const serveExamples = `
Examples:
  clawkeep-skill serve --workspace ~/agent
  clawkeep-skill serve --socket /run/clawkeep/skills.sock --group 2001
  clawkeep-skill serve --http 8790 --token gateway --token laptop

Only what skills.lock pins is offered, and each call is checked against it again. Each call is a run with two records.
By standard input the service has the uid of whoever started it: docs/skill-serve.md says what that does not defend.
Exit codes: 0 stopped, 2 usage, nothing to serve, or failure.
`;

const connectExamples = `
Examples:
  clawkeep-skill connect /run/clawkeep/skills.sock --owner 2000

Nothing is sent unless the socket and its folder belong to the owner and nobody else can change them.
Exit codes: 0 the connection ended, 2 there is no service, or it is somebody else's.
`;

const openclawApprovalsExamples = `
Examples:
  clawkeep-skill openclaw-approvals --into /opt/clawkeep/openclaw
  clawkeep-skill openclaw-approvals --into /opt/clawkeep/openclaw --skill local-rag --root index=/srv/notes/.clawkeep/index
  clawkeep-skill openclaw-approvals --into /opt/clawkeep/openclaw --dry-run --json

Each skill gets a launcher that fixes folder, state ($CLAWKEEP_HOME of this command), roots and environment, and
each action one entry in the form that keeps argument boundaries. What the exec route does not defend: docs/openclaw.md.
Exit codes: 0 written, 1 a skill does not fit its lock, 2 usage or failure.
`;

const openclawPolicyExamples = `
Examples:
  clawkeep-skill openclaw-policy < request.json

OpenClaw asks by itself once security.installPolicy.exec is {command: NODE, args: [MAIN_JS, "openclaw-policy"]}: docs/openclaw.md.
Errors of its own rules and of the exec contract block; warnings are shown.
Exit code 0 with an answer, whatever it is; 2 usage or failure, which OpenClaw takes for a no.
`;

const cleanExamples = `
Examples:
  clawkeep-skill clean --dry-run
  clawkeep-skill clean --json

Old artifacts, programs that no skills.lock refers to, background runs that ended, leftovers of killed
processes. Records, keys, secrets and indexes stay. How long things are kept: docs/runtime-config.md.
Exit codes: 0 cleaned, 1 something could not be, 2 usage or failure.
`;

const tableExamples = `
Examples:
  clawkeep-skill table orders.csv --schema
  clawkeep-skill table orders.csv people.jsonl --sql "SELECT name, sum(amount) FROM orders JOIN people USING (id) GROUP BY name"
  echo '{"file":"orders.csv","sql":"SELECT count(*) FROM orders"}' | clawkeep-skill table --stdin --json

A text file is a table of its name without the ending; a SQLite file is a schema of that name.
Exit codes: 0 answered (a cut answer says so), 2 refused, over a limit or failed.
`;

const auditExamples = `
Examples:
  clawkeep-skill audit show --limit 5
  clawkeep-skill audit show 0123…-17 --json
  clawkeep-skill audit report --markdown
  clawkeep-skill audit checkpoint > kept-elsewhere.txt
  clawkeep-skill audit verify --checkpoint kept-elsewhere.txt
  clawkeep-skill audit checkpoint --witness /var/lib/witness/clawkeep
  clawkeep-skill audit checkpoint --witness-command '["ssh","witness","tee -a clawkeep"]'
  clawkeep-skill audit verify --witness /var/lib/witness/clawkeep
  clawkeep-skill audit prove 0123…-17 > proof.json
  clawkeep-skill audit prove --check proof.json --verifier verifier.txt
  clawkeep-skill audit export --skill local-rag --since 2026-01-31 > records.ndjson
  clawkeep-skill audit export --attestation 0123…-17 > attestation.json
  clawkeep-skill audit export --check attestation.json --verifier verifier.txt
  clawkeep-skill audit replay 0123…-17
`;

const replayExamples = `
Examples:
  clawkeep-skill audit replay 0123…-17
  echo '{"query":"how do I start"}' | clawkeep-skill audit replay 0123…-17 --args-json - --json
  clawkeep-skill audit replay 0123…-17 --recorded-output kept.txt

Recorded arguments are bound anew by the locked contract, which must have the recorded digests. Roots are
copied as they are now. Standard error does not count.
Exit codes: 0 equal, or as equal as the contract promises; 1 different; 2 refused or failure.
`;
