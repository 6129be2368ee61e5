import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one process took. */
export interface Taken {
  /** Highest anonymous memory (RssAnon) that was seen, in bytes. */
  readonly peakBytes: number;
  /** Processor time of all its threads. */
  readonly cpuSeconds: number;
  readonly elapsedSeconds: number;
  readonly stdout: string;
}

/** Between two looks at the process. */
const lookMs = 10;

/**
 * Runs a Node program to its end and looks at it in /proc all the while: memory that the kernel counts
 * as anonymous, and processor time. The program must start no other processes.
 *
 * @throws Error when it does not end with 0.
 */
export async function watchProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Taken> {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  let [peakBytes, cpuSeconds] = [0, 0];
  const look = (): void => {
    const folder = `/proc/${child.pid ?? 0}`;
    try {
      const status = readFileSync(`${folder}/status`, "utf8");
      const anonymous = Number(/^RssAnon:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1024;
      peakBytes = Math.max(peakBytes, anonymous);
      // Fields 14 and 15, in hundredths of a second; the name in field 2 may hold anything.
      const fields = readFileSync(`${folder}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      cpuSeconds = Math.max(cpuSeconds, (Number(fields[11]) + Number(fields[12])) / 100);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, lookMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(timer);
  if (code !== 0) {
    throw new Error(`${args.join(" ")} ended with ${String(code)}: ${stderr}`);
  }
  return { peakBytes, cpuSeconds, elapsedSeconds: (performance.now() - started) / 1000, stdout };
}
