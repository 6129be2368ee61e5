import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import {
  ensurePrivateFolder,
  lockFile,
  markOwner,
  readSmallFile,
  replaceFile,
} from "@clawkeep/durable-files";

import type { ServicePort } from "../ports/service-port.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { definitionFile, filesOfService } from "./service-definition.ts";

/**
 * A service that a supervisor of our own keeps running, for places without a service manager. What is started
 * is what its file says, if there is one.
 *
 * @param launch Program and arguments that call `supervise` with the file which is added as the last one.
 */
export function supervisedService(
  definition: ServiceDefinition,
  launch: readonly string[],
): ServicePort {
  const files = filesOfService(definition);
  const isRunning = async (): Promise<boolean> => {
    await ensurePrivateFolder(definition.folder);
    return (await supervisorOf(files.supervisor)) !== undefined && !(await isFree(files.lock, 0));
  };
  return {
    name: definition.name,
    isRunning,
    start: async () => {
      await ensurePrivateFolder(definition.folder);
      const file = definitionFile(definition);
      // One that lies there was applied, or rolled back to: it is the truth.
      if (readSmallFile(file.path) === undefined) await replaceFile(file.path, file.bytes);
      const [program = "", ...args] = launch;
      const supervisor = spawn(program, [...args, files.definition], {
        cwd: "/",
        env: {},
        stdio: "ignore",
        detached: true,
      });
      let hasEnded = false;
      const end = (): void => void (hasEnded = true);
      supervisor.on("error", end).on("exit", end).unref();
      while (!(await isRunning())) {
        if (hasEnded) throw failed(definition.name, "a supervisor that stays", "one that ended");
        await pause(20);
      }
    },
    stop: async () => {
      await ensurePrivateFolder(definition.folder);
      const pid = await supervisorOf(files.supervisor);
      if (pid !== undefined) process.kill(pid, "SIGTERM");
      // The lock is the supervisor's until its process is gone.
      if (!(await isFree(files.lock, definition.stopMs + 30_000))) {
        throw failed(definition.name, "it to end", "a supervisor that goes on");
      }
    },
  };
}

/** Pid of the supervisor that runs. */
function supervisorOf(file: string): Promise<number | undefined> {
  const mark = readSmallFile(file)?.toString("utf8") ?? "";
  return Promise.resolve(markOwner(mark) === "alive" ? Number(mark.split(".")[0]) : undefined);
}

async function isFree(lock: string, waitMs: number): Promise<boolean> {
  try {
    (await lockFile(lock, { waitMs })).close();
    return true;
  } catch (error) {
    if (isCodedError(error) && error.code === "FILE_LOCKED") return false;
    throw error;
  }
}

function failed(name: string, expected: string, got: string): CodedError {
  return new CodedError({
    code: "SERVICE_FAILED",
    message: `${name}: expected ${expected}, got ${got}`,
    hint: "Its log lies beside its lock.",
  });
}
