import { execFile } from "node:child_process";

import { CodedError } from "@clawkeep/diagnostics";

/** A program of the system with what came of it: an exit code is an answer, not an error. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one program to its end, without a shell and with nothing of this process's environment but PATH and HOME. */
export type RunTool = (argv: readonly string[], options?: ToolOptions) => Promise<ToolResult>;

/** What a program gets besides its arguments. */
export interface ToolOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds. Default ten minutes: a gateway finishes its turns before it stops. */
  readonly timeoutMs?: number;
}

/** @throws CodedError `TOOL_MISSING` */
export const runTool: RunTool = ([program = "", ...args], options = {}) =>
  new Promise((resolve, reject) => {
    const { environment = {}, input = "", timeoutMs = 600_000 } = options;
    const child = execFile(
      program,
      args,
      {
        env: { PATH: toolPath, HOME: process.env["HOME"] ?? "/", LC_ALL: "C", ...environment },
        timeout: timeoutMs,
        maxBuffer: 16 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error !== null && (error as NodeJS.ErrnoException).code === "ENOENT") {
          reject(
            new CodedError({
              code: "TOOL_MISSING",
              message: `expected the program ${program}, got none`,
              hint: "Install it, or choose another --manager.",
            }),
          );
          return;
        }
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });

const toolPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The same, when only success is an answer.
 *
 * @throws CodedError `SERVICE_FAILED` with the program's last words
 */
export async function mustRun(
  run: RunTool,
  argv: readonly string[],
  options?: ToolOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  const said = stderr.trim().split("\n").slice(-3).join("; ");
  throw new CodedError({
    code: "SERVICE_FAILED",
    message: `${argv.join(" ")}: expected exit code 0, got ${code}${said === "" ? "" : `: ${said.slice(0, 600)}`}`,
    hint: "Run it yourself to see all that it says.",
  });
}
