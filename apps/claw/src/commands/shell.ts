import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { openClawEnvironment, openClawProgram, runOnTerminal } from "@clawkeep/provision";
import type { ProgramRun } from "@clawkeep/provision";

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
      ? inContainer(operated, command)
      : onHost(operated, command, options);
  return runOnTerminal(run);
}

function inContainer({ card }: Operated, command: readonly string[]): ProgramRun {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const [program, ...before] =
    card.profile === "podman"
      ? ["/usr/bin/podman", "exec", ...(isTerminal ? ["-it"] : []), `claw-${card.name}-gateway`]
      : [
          "/usr/bin/docker",
          "compose",
          "-f",
          path.join(card.folder, "compose.yaml"),
          "exec",
          ...(isTerminal ? [] : ["-T"]),
          "gateway",
        ];
  return {
    program,
    args: [...before, ...(command.length === 0 ? ["/bin/sh"] : command)],
    // Docker finds its socket and its plugins by these.
    environment: picked([
      "PATH",
      "HOME",
      "DOCKER_HOST",
      "DOCKER_CONTEXT",
      "XDG_RUNTIME_DIR",
      "TERM",
    ]),
    cwd: card.folder,
  };
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

function picked(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
