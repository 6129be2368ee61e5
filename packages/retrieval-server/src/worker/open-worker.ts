import type { ExecutionPolicy, ResidentProcess, SandboxLevel } from "@clawkeep/sandbox";
import { detectLevels, openProcess, resolveLevel } from "@clawkeep/sandbox";

/** The worker's program and what it may read. It may write nothing. */
export interface WorkerProgram {
  /** Absolute, links resolved. */
  readonly executable: string;
  readonly argv: readonly string[];
  /** Beside the few variables that every worker gets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Absolute: program, model, index, registry. `seenAs` is where a link to it lies. */
  readonly reads: readonly { readonly source: string; readonly seenAs?: string }[];
  /** Run without a sandbox too, where the machine has none. */
  readonly unconfined: boolean;
}

/** Memory for a model, an index and some threads; a worker that takes more is ended. */
const memoryBytes: number = 2 * 1024 ** 3;

/** The level that a worker gets on this machine. */
export async function workerLevel(unconfined: boolean): Promise<SandboxLevel> {
  const reports = await detectLevels("best");
  return resolveLevel(
    reports,
    unconfined ? { level: "best" } : { level: "best", require: "landlock" },
  );
}

/**
 * Starts the worker: no network, no socket, nothing of the machine but what it reads, nothing writable
 * but a private folder for temporary files.
 *
 * @param wanted Exactly this level. Default: the strongest that there is.
 * @throws CodedError `SANDBOX_LEVEL_UNAVAILABLE` when there is no sandbox and none was not allowed
 */
export async function openWorker(
  program: WorkerProgram,
  wanted?: SandboxLevel,
): Promise<ResidentProcess> {
  const level = wanted ?? (await workerLevel(program.unconfined));
  const readRoots = program.reads.map(({ source, seenAs }) => ({
    source,
    // Below bubblewrap nothing is mounted: a link is followed to what was granted.
    target: level === "bubblewrap" ? (seenAs ?? source) : source,
  }));
  const policy: ExecutionPolicy = {
    executable: { path: program.executable },
    argv: program.argv,
    cwd: level === "none" ? "/" : "/tmp",
    environment: {
      PATH: "/usr/bin:/bin",
      HOME: "/tmp",
      TMPDIR: "/tmp",
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      ...program.environment,
    },
    readRoots: level === "none" ? [] : readRoots,
    writeRoots: [],
    limits: { timeoutMs: 0, stdoutBytes: 64 * 1024 * 1024, stderrBytes: 65_536, memoryBytes },
    network: "none",
    level,
  };
  return openProcess(policy);
}
