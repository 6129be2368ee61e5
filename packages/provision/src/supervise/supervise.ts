import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { ensurePrivateFolder, lockFile, processMark, replaceFile } from "@clawkeep/durable-files";

import { endLeftOver, serviceVariable } from "./left-over.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { filesOfService } from "./service-definition.ts";

/**
 * Keeps one process running until the signal, and starts it again when it ends. Its process group gets
 * SIGTERM, and SIGKILL after `stopMs`. What a killed supervisor left running is ended first.
 *
 * @throws CodedError `FILE_LOCKED` when another supervisor keeps this service
 */
export async function supervise(definition: ServiceDefinition, signal: AbortSignal): Promise<void> {
  await ensurePrivateFolder(definition.folder);
  const files = filesOfService(definition);
  using _lock = await lockFile(files.lock, { waitMs: 0 });
  await endLeftOver(files.lock);
  await replaceFile(files.supervisor, processMark());
  try {
    let wait = definition.restartMs;
    while (!signal.aborted) {
      const began = performance.now();
      await runOnce(definition, signal);
      wait = performance.now() - began > 60_000 ? definition.restartMs : Math.min(wait * 2, 30_000);
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    rmSync(files.supervisor, { force: true });
  }
}

async function runOnce(definition: ServiceDefinition, signal: AbortSignal): Promise<void> {
  const { program, args, environment, cwd, stopMs } = definition;
  const files = filesOfService(definition);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const log = openSync(files.log, flags, 0o600);
  let child: ChildProcess;
  try {
    const stdio: ["ignore", number, number] = ["ignore", log, log];
    // A group of its own: what it starts is ended with it.
    const env = { ...environment, [serviceVariable]: files.lock };
    child = spawn(program, [...args], { cwd, env, stdio, detached: true });
  } finally {
    closeSync(log);
  }
  const ended = once(child, "exit").catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) return void (await ended);
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    endGroup(pid, "SIGTERM");
    timer = setTimeout(() => endGroup(pid, "SIGKILL"), stopMs);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  await ended;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
  // Helpers that outlive it would keep its port.
  await endLeftOver(files.lock);
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}
