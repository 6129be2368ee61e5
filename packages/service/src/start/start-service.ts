import { spawn } from "node:child_process";

import { CodedError } from "@clawkeep/diagnostics";

/** The line by which a service that was started says that it, or another one, answers. */
export const readyLine = "ready";

/** How a service is started. */
export interface ServiceStart {
  /** The program's absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: the service outlives the terminal and should not carry what it holds. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; one that will stay there. */
  readonly cwd: string;
  /** Milliseconds until it has to be ready. Default 15,000. */
  readonly timeoutMs?: number;
}

/**
 * Starts a service that goes on when this process ends, and waits until it is ready. A second starter
 * may do the same at the same time: the program of the service sees to it that one of them serves.
 *
 * @throws CodedError `SERVICE_NOT_STARTED` with what it said
 */
export async function startService(start: ServiceStart): Promise<void> {
  const { command, args, environment, cwd, timeoutMs = 15_000 } = start;
  const child = spawn(command, [...args], {
    cwd,
    env: { ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, complained] = ["", ""];
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string): void => {
        const detail = complained.trim() === "" ? "" : `: ${complained.trim().slice(0, 2000)}`;
        const message = `expected ${command} to serve, but it ${why}${detail}`;
        reject(new CodedError({ code: "SERVICE_NOT_STARTED", message }));
      };
      const timer = setTimeout(() => {
        child.kill("SIGTERM");
        failed(`was not ready within ${timeoutMs} ms`);
      }, timeoutMs);
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        if (said.startsWith(`${readyLine}\n`)) {
          clearTimeout(timer);
          resolve();
        }
      });
      child.stderr.on("data", (chunk: Buffer) => {
        complained = (complained + chunk.toString("utf8")).slice(-4000);
      });
      child.on("error", (error) => {
        clearTimeout(timer);
        failed(`could not be started (${error.message})`);
      });
      child.on("close", (code) => {
        clearTimeout(timer);
        failed(`ended with exit code ${String(code)}`);
      });
    });
  } finally {
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}
