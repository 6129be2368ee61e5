import type { Command } from "commander";

import type { AgentOptions } from "../commands/agent.ts";
import type { DevicesOptions } from "../commands/devices.ts";
import type { WrappedOptions } from "../commands/openclaw.ts";
import type { ShellOptions } from "../commands/shell.ts";
import type { UiOptions } from "../commands/ui.ts";
import { nameArgument } from "./service-commands.ts";

const whose: readonly [string, string] = ["--name <name>", nameArgument[1]];
const program_: readonly [string, string] = [
  "--openclaw <folder>",
  "folder whose node_modules holds openclaw (default: the one that runs, or the cache)",
];

/** Commands that the deployment's own OpenClaw carries out, with its configuration and an empty environment. */
export function addOpenClawCommands(program: Command, done: (code: number) => void): void {
  program
    .command("agent")
    .description("give an agent one message, and print what it answers")
    .argument(...nameArgument)
    .option("--message-file <file>", "the message from a file, or - for standard input (default)")
    .option(
      "-m, --message <text>",
      "the message; it stands in your shell's history and, meanwhile, in the list of processes",
    )
    .option("--agent <id>", "which agent", "main")
    .option("--model <model>", "another model for this turn")
    .option(...program_)
    .option("--json", "print OpenClaw's JSON")
    .addHelpText("after", agentExamples)
    .action(async (name: string | undefined, options: AgentOptions) => {
      const { agentTurn } = await import("../commands/agent.ts");
      done(await agentTurn(name, options));
    });

  program
    .command("shell")
    .description("open a shell with the deployment's environment, or run one program in it")
    .argument("[name]", nameArgument[1])
    .argument("[command...]", "a program and its arguments, after --")
    .option(...program_)
    .addHelpText("after", shellExamples)
    .action(async (name: string | undefined, command: readonly string[], options: ShellOptions) => {
      const { openShell } = await import("../commands/shell.ts");
      done(await openShell(name, command, options));
    });

  program
    .command("ui")
    .description("open the Control UI in a browser, which is let in by a link that works once")
    .argument(...nameArgument)
    .option("--no-open", "print the path of the page that leads there instead of opening it")
    .option(...program_)
    .addHelpText("after", uiExamples)
    .action(async (name: string | undefined, options: UiOptions) => {
      const { openUi } = await import("../commands/ui.ts");
      done(await openUi(name, options));
    });

  program
    .command("url")
    .description("print the address of the Control UI")
    .argument(...nameArgument)
    .option("--pair", "with a secret in its fragment that lets one browser in, for ten minutes")
    .option("--show", "print that although nobody but a program reads it")
    .option(...program_)
    .addHelpText("after", urlExamples)
    .action(async (name: string | undefined, options: UiOptions) => {
      const { printUrl } = await import("../commands/ui.ts");
      done(await printUrl(name, options));
    });

  addDeviceCommands(program, done);
  addWrappedCommands(program, done);
}

function addDeviceCommands(program: Command, done: (code: number) => void): void {
  program
    .command("devices")
    .description("list devices that ask to be let in, and those that are")
    .argument(...nameArgument)
    .option(...program_)
    .option("--json", "print OpenClaw's JSON")
    .addHelpText("after", devicesExamples)
    .action(async (name: string | undefined, options: DevicesOptions) => {
      const { listDevices } = await import("../commands/devices.ts");
      done(await listDevices(name, options));
    });

  program
    .command("approve")
    .description("show every device that asks, and let in those that you say yes to")
    .argument(...nameArgument)
    .option("--yes", "let in all that are shown")
    .option(...program_)
    .addHelpText("after", approveExamples)
    .action(async (name: string | undefined, options: DevicesOptions) => {
      const { approveAll } = await import("../commands/devices.ts");
      done(await approveAll(name, options));
    });

  program
    .command("approve-device")
    .description("let in the device of one request")
    .argument("<id>", "the request, as claw devices shows it")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", approveDeviceExamples)
    .action(async (id: string, options: DevicesOptions) => {
      const { approveDevice } = await import("../commands/devices.ts");
      done(await approveDevice(id, options));
    });
}

function addWrappedCommands(program: Command, done: (code: number) => void): void {
  const reads = async (args: readonly string[], options: WrappedOptions): Promise<void> => {
    const { readingCommand } = await import("../commands/openclaw.ts");
    done(await readingCommand(args, options));
  };
  const writes = async (args: readonly string[], options: WrappedOptions): Promise<void> => {
    const { writingCommand } = await import("../commands/openclaw.ts");
    done(await writingCommand(args, options));
  };

  const config = program
    .command("config")
    .description("OpenClaw's own settings, beside what deploy.yaml says")
    .helpCommand(false)
    .addHelpText("after", configSetExamples);
  config
    .command("set")
    .description("write one value into openclaw.json; the next claw apply calls it drift")
    .argument("<key>", "such as gateway.port")
    .argument("<value>", "a value; secrets belong into files")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", configSetExamples)
    .action(async (key: string, value: string, options: WrappedOptions) => {
      await writes(["config", "set", "--", key, value], options);
    });

  const models = program.commands.find((one) => one.name() === "models");
  for (const word of ["list", "status"] as const) {
    models
      ?.command(word)
      .description(`OpenClaw's own \`models ${word}\` for a deployment`)
      .option("--json", "print OpenClaw's JSON")
      .option(...whose)
      .option(...program_)
      .addHelpText("after", modelsExamples)
      .action(async (options: WrappedOptions & { readonly json?: boolean }, called: Command) => {
        // `--json` stands before the word, too: it is then the catalogue's.
        const { json } = called.optsWithGlobals<{ readonly json?: boolean }>();
        await reads(["models", word, ...(json === true ? ["--json"] : [])], options);
      });
  }
  models
    ?.command("set")
    .description("write OpenClaw's default model; the next claw apply calls it drift")
    .argument("<model>", "such as ollama/qwen2.5-coder:7b")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", modelsExamples)
    .action(async (model: string, options: WrappedOptions) => {
      await writes(["models", "set", "--", model], options);
    });

  program
    .command("configure")
    .description("OpenClaw's own questions about its settings; needs a terminal")
    .option("--section <section...>", "only these: model, channels, skills …")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", configureExamples)
    .action(async (options: WrappedOptions & { readonly section?: readonly string[] }) => {
      const sections = (options.section ?? []).map((one) => `--section=${one}`);
      await writes(["configure", ...sections], options);
    });

  program
    .command("dashboard")
    .description("OpenClaw's own words about its Control UI; opens nothing")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", dashboardExamples)
    .action(async (options: WrappedOptions) => reads(["dashboard", "--no-open"], options));

  program
    .command("openclaw-doctor")
    .description("OpenClaw's own doctor; claw doctor is ours")
    .option("--repair", "let it repair, its settings too; the deployment is stopped meanwhile")
    .option("--json", "print OpenClaw's JSON")
    .option(...whose)
    .option(...program_)
    .addHelpText("after", openclawDoctorExamples)
    .action(
      async (options: WrappedOptions & { readonly repair?: boolean; readonly json?: boolean }) => {
        // OpenClaw repairs nothing while a gateway has the state.
        const repair = ["doctor", "--repair"];
        if (options.repair === true) await writes(repair, { ...options, alone: true });
        else await reads(["doctor", ...(options.json === true ? ["--json"] : [])], options);
      },
    );
}

const modelsExamples = `
Examples:
  claw models list --name home
  claw models status --json
  claw models set ollama/qwen2.5-coder:7b

claw models without a word more is our catalogue; these are OpenClaw's own. claw model changes deploy.yaml instead.
`;

const agentExamples = `
Examples:
  claw agent < question.txt
  claw agent home --agent coder --model ollama/qwen2.5-coder:7b --message-file question.txt
  claw agent -m "What is in my notes about backups?"

The message reaches OpenClaw by a file that only it and you can read. Exit codes are OpenClaw's: 0 answered, 1 not.
`;

const shellExamples = `
Examples:
  claw shell
  claw shell home -- /usr/bin/env
  claw shell home -- node /path/to/script.mjs

OPENCLAW is the path of the pinned program: node "$OPENCLAW" sessions list. Nothing of this shell's environment is
inherited but TERM. Where the gateway is in a container, the shell is there too.
`;

const uiExamples = `
Examples:
  claw ui
  claw ui home --no-open

The browser is given a page of mode 0600, so that no list of processes and no history holds the link.
Exit codes: 0 opened, 1 no browser here, 2 usage or failure.
`;

const urlExamples = `
Examples:
  claw url
  claw url home --pair

No secret is in the address. That of --pair is in the fragment, which browsers send to nobody.
`;

const devicesExamples = `
Examples:
  claw devices
  claw devices home --json
`;

const approveExamples = `
Examples:
  claw approve
  claw approve home --yes

Shows name, address, role and scopes of each, and asks for each. The name is what the device calls itself.
Exit codes: 0 all let in, or none asks; 1 some were not; 2 usage or failure.
`;

const approveDeviceExamples = `
Examples:
  claw approve-device 3f2a9c
  claw approve-device 3f2a9c --name home
`;

const configSetExamples = `
Examples:
  claw config set logging.level debug
  claw config set agents.defaults.heartbeat.every 2h --name home

What deploy.yaml can say belongs there: claw model, claw fix-origins, or an editor and claw apply.
`;

const configureExamples = `
Examples:
  claw configure --section channels
`;

const dashboardExamples = `
Examples:
  claw dashboard

claw ui opens it; claw url --pair prints a link that lets a browser in.
`;

const openclawDoctorExamples = `
Examples:
  claw openclaw-doctor
  claw openclaw-doctor --repair --name home
`;
