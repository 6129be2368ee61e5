import { existsSync } from "node:fs";
import process from "node:process";

import { openClawEnvironment, openClawProgram, runOnTerminal } from "@clawkeep/provision";
import type { ProgramRun } from "@clawkeep/provision";

import { inGateway } from "../place/container-command.ts";
import { openClawOf, operatedOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";

/** Options of `shell` as they were written. */
export interface ShellOptions {
  readonly openclaw?: string;
}

/** Opens a shell where a deployment's OpenClaw is, or runs one program there. */
export async function openShell(
  name: string | undefined,
  command: readonly string[],
  options: ShellOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const run =
    operated.card.manager === "container"
      ? inGateway(operated, command.length === 0 ? ["/bin/sh"] : command)
      : onHost(operated, command, options);
  return runOnTerminal(run);
}

function onHost(
  operated: Operated,
  [program, ...args]: readonly string[],
  options: ShellOptions,
): ProgramRun {
  const place = openClawOf(operated, options.openclaw);
  const environment = {
    ...openClawEnvironment(place, false),
    OPENCLAW: openClawProgram(place.folder),
  };
  const run = { environment, cwd: place.state };
  if (program !== undefined) return { ...run, program, args };
  const shell = ["/bin/bash", "/bin/sh"].find((one) => existsSync(one)) ?? "/bin/sh";
  return { ...run, program: shell, args: process.stdin.isTTY ? ["-i"] : [] };
}
