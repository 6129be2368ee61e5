import type { Command } from "commander";

import type { HealthOptions } from "../commands/health.ts";
import type { LogsOptions } from "../commands/logs.ts";
import type { RegenerateTokenOptions } from "../commands/regenerate-token.ts";
import type { StartOptions } from "../commands/start.ts";
import type { StatusOptions } from "../commands/status.ts";
import type { TokenOptions } from "../commands/token.ts";

/** Words of every command that takes the name of a deployment. */
export const nameArgument: readonly [string, string] = [
  "[name]",
  "the deployment (default: that of deploy.yaml here, or the only one)",
];

/** Commands that start, stop, watch and guard what was applied. */
export function addServiceCommands(program: Command, done: (code: number) => void): void {
  program
    .command("start")
    .description("start a deployment's services, and wait until the gateway is ready")
    .argument(...nameArgument)
    .option("--json", "print one JSON object")
    .addHelpText("after", startExamples)
    .action(async (name: string | undefined, options: StartOptions) => {
      const { startName } = await import("../commands/start.ts");
      done(await startName(name, options));
    });

  program
    .command("stop")
    .description("stop a deployment's services, and wait until they are gone")
    .argument(...nameArgument)
    .addHelpText("after", stopExamples)
    .action(async (name: string | undefined) => {
      const { stopName } = await import("../commands/stop.ts");
      done(await stopName(name));
    });

  program
    .command("restart")
    .description("stop a deployment's services, and start them again")
    .argument(...nameArgument)
    .option("--json", "print one JSON object")
    .addHelpText("after", restartExamples)
    .action(async (name: string | undefined, options: StartOptions) => {
      const { restartName } = await import("../commands/start.ts");
      done(await restartName(name, options));
    });

  program
    .command("status")
    .description("say what of a deployment runs, and which generation is applied")
    .argument(...nameArgument)
    .option("--json", "print one JSON object")
    .addHelpText("after", statusExamples)
    .action(async (name: string | undefined, options: StatusOptions) => {
      const { statusName } = await import("../commands/status.ts");
      done(await statusName(name, options));
    });

  program
    .command("health")
    .description("ask the gateway whether it lives, has started and is ready")
    .argument(...nameArgument)
    .option("--json", "print one JSON object")
    .addHelpText("after", healthExamples)
    .action(async (name: string | undefined, options: HealthOptions) => {
      const { healthName } = await import("../commands/health.ts");
      done(await healthName(name, options));
    });

  program
    .command("logs")
    .description("print a service's log without secrets; with --follow what comes, too")
    .argument(...nameArgument)
    .option("-f, --follow", "go on until it is interrupted")
    .option("-n, --lines <count>", "lines before the end to begin with", "100")
    .option("--grep <text>", "only lines with this text, whatever its case")
    .option("--service <service>", "gateway, skills, ollama-gate …", "gateway")
    .addHelpText("after", logsExamples)
    .action(async (name: string | undefined, options: LogsOptions) => {
      const { logsOfName } = await import("../commands/logs.ts");
      done(await logsOfName(name, options));
    });

  program
    .command("token")
    .description("print the gateway's token to a terminal")
    .argument(...nameArgument)
    .option("--show", "print it although nobody but a program reads it")
    .addHelpText("after", tokenExamples)
    .action(async (name: string | undefined, options: TokenOptions) => {
      const { tokenOfName } = await import("../commands/token.ts");
      done(await tokenOfName(name, options));
    });

  program
    .command("regenerate-token")
    .description("give the gateway another token, and see that the old one is refused")
    .argument(...nameArgument)
    .option("--yes", "do not ask")
    .option("--json", "print one JSON object")
    .addHelpText("after", regenerateTokenExamples)
    .action(async (name: string | undefined, options: RegenerateTokenOptions) => {
      const { regenerateToken } = await import("../commands/regenerate-token.ts");
      done(await regenerateToken(name, options));
    });
}

const startExamples = `
Examples:
  claw start
  claw start home --json

Exit codes: 0 ready, 1 not ready within ten minutes, 2 usage or failure.
`;

const stopExamples = `
Examples:
  claw stop home

The gateway finishes its turns: that can take five minutes.
`;

const restartExamples = `
Examples:
  claw restart home

Files are read anew; they are not written: that is claw apply.
`;

const statusExamples = `
Examples:
  claw status
  claw status home --json

Exit codes: 0 everything runs, 1 something does not, 2 usage or failure.
`;

const healthExamples = `
Examples:
  claw health home

Asks /healthz, /startupz and /readyz on 127.0.0.1; an open port that answers something else is not healthy.
Exit codes: 0 well, 1 not, 2 usage or failure.
`;

const logsExamples = `
Examples:
  claw logs home --lines 20
  claw logs -f --grep pairing
  claw logs home --service ollama-gate

Tokens, keys and passwords are taken out, control characters are shown as text.
Exit codes: 0 printed, 1 --grep found nothing, 2 usage or no such log.
`;

const tokenExamples = `
Examples:
  claw token home
  claw token home --show > /run/user/1000/token

It is in no other output, no argument list and no URL.
`;

const regenerateTokenExamples = `
Examples:
  claw regenerate-token home
  claw regenerate-token home --yes --json

Neither token is printed. The gateway is asked with the old one, which must be answered 401. No generation and no
backup holds it, so that nothing brings it back.
Exit codes: 0 rotated, 1 not wanted, not ready or the old one is not refused, 2 usage or failure.
`;
