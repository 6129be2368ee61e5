import type { Command } from "commander";

import type { FixOptions } from "../commands/fix.ts";
import type { InitOptions } from "../commands/init.ts";
import type { ModelOptions } from "../commands/model.ts";
import { nameArgument } from "./service-commands.ts";

/** Commands that write `deploy.yaml`: first, and afterwards one value of it. */
export function addSpecCommands(program: Command, done: (code: number) => void): void {
  addInit(program, done);

  changing(program.command("model"))
    .description("say which model answers, or have another one do it")
    .argument("[model]", "such as ollama/qwen2.5-coder:7b; claw models lists them")
    .option("--json", "print one JSON object")
    .addHelpText("after", modelExamples)
    .action(async (model: string | undefined, options: ModelOptions) => {
      const { chooseModel } = await import("../commands/model.ts");
      done(await chooseModel(model, options));
    });

  changing(program.command("agent-switch"))
    .description("list the named agents, or have one's model answer where no agent is named")
    .argument("[agent]", "of the spec, or kimi, minimax, gpt-oss, qwen-14b, qwen-7b, phi3")
    .option("--json", "print one JSON object")
    .addHelpText("after", agentSwitchExamples)
    .action(async (agent: string | undefined, options: ModelOptions) => {
      const { switchAgent } = await import("../commands/model.ts");
      done(await switchAgent(agent, options));
    });

  changing(program.command("fix-origins"))
    .description("let browsers in that come from another origin, or write lost origins anew")
    .option("--origin <origin...>", "scheme, host and port, as the address bar shows them")
    .addHelpText("after", fixOriginsExamples)
    .action(async (options: FixOptions) => {
      const { fixOrigins } = await import("../commands/fix.ts");
      done(await fixOrigins(options));
    });

  changing(program.command("fix-ollama-auth"))
    .description('write the key anew that OpenClaw wants for Ollama ("no API key")')
    .addHelpText("after", fixOllamaAuthExamples)
    .action(async (options: FixOptions) => {
      const { fixOllamaAuth } = await import("../commands/fix.ts");
      done(await fixOllamaAuth(options));
    });
}

function changing(command: Command): Command {
  return command
    .option("--name <name>", nameArgument[1])
    .option("--yes", "do not ask")
    .option("--dry-run", "show what would change, and change nothing")
    .option("--without-model", "do not ask the model whether it works afterwards");
}

function addInit(program: Command, done: (code: number) => void): void {
  program
    .command("init")
    .description("write a first deploy.yaml for this machine, by questions or by options")
    .argument("[file]", "a new file", "deploy.yaml")
    .option("--name <name>", "what the deployment is called (default: claw)")
    .option("--profile <profile>", "how it is laid out (default: what claw advise says)")
    .option("--model <model>", "which model answers (default: what claw advise says)")
    .option("--fallback <model>", "which one when it does not")
    .option("--port <port>", "of the gateway, on loopback (default: 18789)")
    .option("--no-ui", "without the Control UI")
    .option("--bind <way>", "loopback, ssh, tailscale or caddy (default: loopback)")
    .option("--origin <origin>", "what the address bar shows, with tailscale or caddy")
    .option("--internet", "let named hosts be reached, by a proxy")
    .option("--search <provider>", "gemini or grok; ollama in a notebook")
    .option("--channel <channels...>", "telegram, discord, whatsapp")
    .option("--reason <text>", "why private files may stand beside search and a channel")
    .option("--no-private-data", "the workspace holds nothing private")
    .option("--no-gpu", "keep the model off the GPU")
    .option("--yes", "ask nothing")
    .option("--json", "print one JSON object; asks nothing")
    .addHelpText("after", initExamples)
    .action(async (file: string, options: InitOptions) => {
      const { initSpec } = await import("../commands/init.ts");
      done(await initSpec(file, options));
    });
}

const modelExamples = `
Examples:
  claw model
  claw model ollama/qwen2.5-coder:7b --dry-run
  claw model ollama/llama3.2:3b --name home --yes

Edits deploy.yaml (its comments stay), shows what changes, and applies it. A model that this machine has no room for
is refused with the number. When applying puts everything back, deploy.yaml is as before, too.
Exit codes: 0 done, 1 refused, not wanted or put back, 2 usage or failure.
`;

const agentSwitchExamples = `
Examples:
  claw agent-switch
  claw agent-switch qwen-7b --yes

* answers now, - is not in deploy.yaml yet and is added when it is chosen.
`;

const fixOriginsExamples = `
Examples:
  claw fix-origins
  claw fix-origins --origin https://claw.example.net
  claw fix-origins --origin http://127.0.0.1:8080 --yes

The origins of the published port are always there.
`;

const fixOllamaAuthExamples = `
Examples:
  claw fix-ollama-auth --dry-run
  claw fix-ollama-auth --name home --yes

The key opens nothing: Ollama asks for none, and OpenClaw wants one.
`;

const initExamples = `
Examples:
  claw init
  claw init --yes
  claw init home.yaml --name home --profile notebook --model ollama/qwen2.5-coder:7b --yes
  CLAWBOT_NON_INTERACTIVE=1 claw init --internet --channel telegram --reason "a workspace of published pages"

Asks nothing without a terminal, with --yes, --json or CLAWBOT_NON_INTERACTIVE=1. A file that is there stays.
Exit codes: 0 written, 1 this machine cannot run it or it does not hold, 2 usage or failure.
`;
