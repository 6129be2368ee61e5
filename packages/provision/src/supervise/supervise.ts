import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { ensurePrivateFolder, lockFile, processMark, replaceFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";

import { confinedCommand } from "./confinement.ts";
import type { ControlGroup } from "./control-group.ts";
import { makeControlGroup } from "./control-group.ts";
import { endLeftOver, serviceVariable, signalMarked } from "./left-over.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { filesOfService } from "./service-definition.ts";
import { clearPlace, makePlace } from "./service-place.ts";

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
  const { environment, cwd, stopMs, limits, cage } = definition;
  const files = filesOfService(definition);
  const log = openLog(files.log);
  let child: ChildProcess;
  let group: ControlGroup | undefined;
  try {
    await makePlace(definition);
    const { program, args } = confinedCommand(definition);
    group = limits === undefined ? undefined : makeControlGroup(groupName(definition), limits);
    // A group of its own: what it starts is ended with it.
    const env = { ...environment, [serviceVariable]: files.lock };
    const options: SpawnOptions = {
      // What is caged finds its folder inside.
      cwd: cage === undefined ? cwd : "/",
      env,
      stdio: ["ignore", log, log],
      detached: true,
    };
    const start = (): ChildProcess => spawn(program, [...args], options);
    child = group === undefined ? start() : group.startInside(start);
  } catch (error) {
    // It is tried again later: who waits for the service finds the reason in its log.
    writeSync(log, `${error instanceof Error ? error.message : String(error)}\n`);
    return;
  } finally {
    closeSync(log);
  }
  const ended = once(child, "exit").catch(() => undefined);
  const { pid } = child;
  if (pid !== undefined) {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      // The one that keeps a cage ends with all of it at once: its program is told instead, and ends it.
      if (cage === undefined) endGroup(pid, "SIGTERM");
      else signalMarked(files.lock, "SIGTERM", pid);
      timer = setTimeout(() => endGroup(pid, "SIGKILL"), stopMs);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    await ended;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  } else await ended;
  // Helpers that outlive it would keep its port.
  await endLeftOver(files.lock);
  clearPlace(definition);
  if (group !== undefined) {
    const killed = group.outOfMemory();
    if (killed > 0) note(files.log, `the kernel killed ${killed} of it: more than its memory`);
    group.remove();
  }
}

function openLog(file: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  return openSync(file, flags, 0o600);
}

function note(file: string, text: string): void {
  const log = openLog(file);
  writeSync(log, `${text}\n`);
  closeSync(log);
}

/** Of one path element, and another one for each store. */
function groupName({ folder, name }: ServiceDefinition): string {
  return `claw-${digestBytes(folder).slice("sha256:".length, "sha256:".length + 12)}-${name}`;
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}
