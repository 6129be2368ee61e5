import { spawn } from "node:child_process";
import { once } from "node:events";

import type { ProgramRun } from "../operate/openclaw-command.ts";
import { confinedCommand } from "./confinement.ts";
import type { ServiceDefinition } from "./service-definition.ts";

/** What came of a program. */
export interface RanBeside {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Most of what a program may say. */
const mostBytes = 4 * 1024 * 1024;

/** A program as the account of a service and in a cage like its own, for whoever runs it. */
export function besideRun(definition: ServiceDefinition): ProgramRun {
  const { cage, cwd, environment } = definition;
  return { ...confinedCommand(definition), environment, cwd: cage === undefined ? cwd : "/" };
}

/**
 * Runs a program to its end as the account of a service and in a cage like its own, such as a command that asks it.
 * Everything that it started has ended when its time is up.
 */
export async function runBeside(
  definition: ServiceDefinition,
  { args, timeoutMs }: { readonly args: readonly string[]; readonly timeoutMs: number },
): Promise<RanBeside> {
  const command = besideRun({ ...definition, args });
  const child = spawn(command.program, [...command.args], {
    cwd: command.cwd,
    env: { ...command.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(end, timeoutMs);
  let [stdout, stderr] = ["", ""];
  child.stdout.on(
    "data",
    (part: Buffer) => (stdout = `${stdout}${part.toString("utf8")}`.slice(0, mostBytes)),
  );
  child.stderr.on(
    "data",
    (part: Buffer) => (stderr = `${stderr}${part.toString("utf8")}`.slice(-mostBytes)),
  );
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
    end();
  }
}
