import type { Command } from "commander";

import type { BackupOptions } from "../commands/backup.ts";
import type { UninstallOptions } from "../commands/uninstall.ts";
import type { UpdateOptions } from "../commands/update.ts";
import { nameArgument } from "./service-commands.ts";

/** Commands about a deployment's data, and about this program itself. */
export function addDataCommands(program: Command, done: (code: number) => void): void {
  program
    .command("update")
    .description("get the OpenClaw of the spec, and make every process anew with it")
    .argument(...nameArgument)
    .option("--openclaw <folder>", "folder whose node_modules holds it (default: npm gets it)")
    .option("--without-model", "do not ask the model whether it works afterwards")
    .addHelpText("after", updateExamples)
    .action(async (name: string | undefined, options: UpdateOptions) => {
      const { updateName } = await import("../commands/update.ts");
      done(await updateName(name, options));
    });

  program
    .command("backup")
    .description("stop what runs, write one archive of the state, and start it again")
    .argument("[file]", "a new file, not in the state (default: NAME-TIME.tar here)")
    .option("--name <name>", nameArgument[1])
    .option("--json", "print one JSON object")
    .addHelpText("after", backupExamples)
    .action(async (file: string | undefined, options: BackupOptions) => {
      const { backupName } = await import("../commands/backup.ts");
      done(await backupName(file, options));
    });

  program
    .command("restore")
    .description("check every digest of an archive, then give a deployment its state")
    .argument("<file>", "what claw backup wrote")
    .option("--name <name>", nameArgument[1])
    .option("--yes", "do not ask")
    .option("--json", "print one JSON object")
    .addHelpText("after", restoreExamples)
    .action(async (file: string, options: BackupOptions) => {
      const { restoreName } = await import("../commands/backup.ts");
      done(await restoreName(file, options));
    });

  program
    .command("uninstall")
    .description("stop a deployment and remove what apply wrote; data stays unless --data")
    .argument(...nameArgument)
    .option("--data", "remove state, workspace and secrets, too")
    .option("--backup <file>", "back the state up first")
    .option("--yes", "do not ask")
    .addHelpText("after", uninstallExamples)
    .action(async (name: string | undefined, options: UninstallOptions) => {
      const { uninstall } = await import("../commands/uninstall.ts");
      done(await uninstall(name, options));
    });

  program
    .command("completion")
    .description("print the completion of a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("after", completionExamples)
    .action(async (shell: string) => {
      const { printCompletion } = await import("../commands/completion.ts");
      done(printCompletion(shell, program));
    });
}

const updateExamples = `
Examples:
  claw update
  claw update home --openclaw ~/openclaw-2026.9.6

The version is that of deploy.yaml. The state is backed up first, and put back with the old program when the new one
is not ready. Containers are built with --pull and made anew.
Exit codes: 0 updated, 1 put back, 2 usage or failure.
`;

const backupExamples = `
Examples:
  claw backup
  claw backup /mnt/disk/home.tar --name home --json

The archive has mode 0600, a manifest and the digest of every file; ordinary tar reads it. Secrets are not in it, but
OpenClaw keeps logins of channels in its state: treat it as a credential.
`;

const restoreExamples = `
Examples:
  claw restore home-2026-11-21.tar
  claw restore /mnt/disk/home.tar --name home --yes

Nothing is written before everything was checked. The state of now is kept beside; tokens of now stay.
Exit codes: 0 restored, 1 not wanted, 2 refused or failure.
`;

const uninstallExamples = `
Examples:
  claw uninstall home
  claw uninstall home --data --backup /mnt/disk/home.tar

deploy.yaml stays. Exit codes: 0 removed, 1 not wanted, 2 usage or failure.
`;

const completionExamples = `
Examples:
  claw completion bash > ~/.local/share/bash-completion/completions/claw
  claw completion zsh > ~/.zfunc/_claw
  claw completion fish > ~/.config/fish/completions/claw.fish
`;
