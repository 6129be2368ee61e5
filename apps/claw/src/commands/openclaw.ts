import { readFileSync } from "node:fs";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { openClawRun, runOnTerminal } from "@clawkeep/provision";

import { printNote } from "../output/print.ts";
import { openClawOf, operatedOf } from "../place/operated.ts";

/** Options of wrapped commands as they were written. */
export interface WrappedOptions {
  readonly name?: string;
  readonly openclaw?: string;
}

/** Runs a command of OpenClaw with the deployment's own configuration, which it cannot write. */
export async function readingCommand(
  args: readonly string[],
  options: WrappedOptions,
): Promise<number> {
  const place = openClawOf(operatedOf(options.name), options.openclaw);
  return runOnTerminal(openClawRun(place, args));
}

/** The same for a command that writes the configuration; says when it did, since `deploy.yaml` does not know of it. */
export async function writingCommand(
  args: readonly string[],
  options: WrappedOptions,
): Promise<number> {
  const operated = operatedOf(options.name);
  const place = openClawOf(operated, options.openclaw);
  const before = readFileSync(place.config, "utf8");
  const code = await runOnTerminal(openClawRun(place, args, { writes: true }));
  if (readFileSync(place.config, "utf8") !== before) {
    const { spec } = operated.card;
    printNote(
      escapeForTerminal(
        `${place.config} was changed, and ${spec} was not: the next claw apply shows it as drift.\nWrite it into ${spec}, then: claw apply ${spec} --overwrite-drift`,
        { keepNewlines: true },
      ),
    );
  }
  return code;
}
