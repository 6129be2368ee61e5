import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** A running `local-rag serve --http`. */
export interface RagServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

/** Starts the built program over the index that the flags name, and waits until it is ready. */
export async function startServer(
  program: string,
  flags: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<RagServer> {
  const child: ChildProcess = spawn(process.execPath, [program, "serve", "--http", "0", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment,
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const ended = once(child, "exit");
  const ready = child.stdout === null ? ended : once(child.stdout, "data");
  await Promise.race([ready, ended]);
  const [, port, file] = /http:\/\/127\.0\.0\.1:(\d+) for .*, token in (\S+)/u.exec(said) ?? [];
  if (port === undefined || file === undefined) throw new Error(`local-rag serve: ${said}`);
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    token: readFileSync(file, "utf8").trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
