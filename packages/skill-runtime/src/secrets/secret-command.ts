import { spawn } from "node:child_process";

import type { SecretCommand } from "../configuration/runtime-configuration.ts";
import { maxSecretBytes, refused, unreadable } from "./secret-sources.ts";
import type { FoundSecret } from "./secret-sources.ts";

const defaultTimeoutSec = 10;

/**
 * `command:NAME`: what a program of the operator's prints. It is started without a shell, with no
 * input, next to no environment and a time limit; what it says on standard error may quote the
 * secret and is thrown away.
 */
export function runSecretCommand(
  command: SecretCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<FoundSecret> {
  const [program = "", ...argv] = command.argv;
  const names = ["HOME", ...(command.environment ?? [])];
  const passed = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Promise((resolve) => {
    const child = spawn(program, argv, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", ...Object.fromEntries(passed) },
      stdio: ["ignore", "pipe", "ignore"],
      // Its own group, so that what it starts ends with it.
      detached: true,
    });
    const chunks: Buffer[] = [];
    let length = 0;
    let fault: FoundSecret | undefined;
    const end = (why: FoundSecret): void => {
      fault ??= why;
      child.stdout.destroy();
      killGroup(child.pid);
    };
    const { timeoutSec = defaultTimeoutSec } = command;
    const timer = setTimeout(
      () => end(unreadable(`its command took more than ${timeoutSec} s`)),
      timeoutSec * 1000,
    );
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxSecretBytes) end(refused(`expected at most ${maxSecretBytes} bytes`));
    });
    child.on("error", () => {
      clearTimeout(timer);
      resolve(unreadable("its command cannot be started"));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      const how = signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
      if (fault !== undefined) resolve(fault);
      else if (code !== 0) resolve(unreadable(`its command ended with ${how}`));
      else resolve({ bytes: Buffer.concat(chunks) });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All gone.
  }
}
