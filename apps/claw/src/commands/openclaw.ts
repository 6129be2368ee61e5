import { readFileSync } from "node:fs";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { runOnTerminal } from "@clawkeep/provision";

import { printNote } from "../output/print.ts";
import { operatedOf } from "../place/operated.ts";
import { whileStopped } from "../place/while-stopped.ts";
import { wrappedCommand } from "../place/wrapped-command.ts";

/** Options of wrapped commands as they were written. */
export interface WrappedOptions {
  readonly name?: string;
  readonly openclaw?: string;
  /** Nothing of the deployment may run meanwhile: it is stopped, and what ran is started again. */
  readonly alone?: boolean;
}

/** Runs a command of OpenClaw with the deployment's own configuration, which it cannot write. */
export async function readingCommand(
  args: readonly string[],
  options: WrappedOptions,
): Promise<number> {
  return runOnTerminal(wrappedCommand(operatedOf(options.name), args, options));
}

/** The same for a command that writes the configuration; says when it did, since `deploy.yaml` does not know of it. */
export async function writingCommand(
  args: readonly string[],
  options: WrappedOptions,
): Promise<number> {
  const operated = operatedOf(options.name);
  const { spec, config } = operated.card;
  const run = wrappedCommand(operated, args, { ...options, writes: true });
  const before = readFileSync(config, "utf8");
  const code =
    options.alone === true
      ? await whileStopped(operated, () => runOnTerminal(run))
      : await runOnTerminal(run);
  if (readFileSync(config, "utf8") !== before) {
    printNote(
      escapeForTerminal(
        `${config} was changed, and ${spec} was not: the next claw apply shows it as drift.\nWrite it into ${spec}, then: claw apply ${spec} --overwrite-drift`,
        { keepNewlines: true },
      ),
    );
  }
  return code;
}
