import type { SandboxLevel } from "./level.ts";
import type { ObservationMechanism } from "./observe/attempt.ts";

/** A folder or file of the host and the absolute path under which the process sees it. */
export interface Mount {
  /** Absolute host path, links already resolved. */
  readonly source: string;
  /** Absolute path inside. At level `none` nothing is mounted, so it must equal `source`. */
  readonly target: string;
  /**
   * An open descriptor of the very folder or file that is meant, whatever lies at `source` by now. It
   * stays the caller's, who keeps it open until the program has been started.
   */
  readonly descriptor?: number;
}

/** Bytes that the program finds as a file which only it can read, and which is on no disk. */
export interface PrivateFile {
  /** Absolute path inside. */
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** The program to start. */
export interface Executable {
  /**
   * Absolute host path. At level `bubblewrap` it must lie in a mount or in a system folder, unless
   * a digest is given.
   */
  readonly path: string;
  /**
   * `sha256:<hex>` of the file. When given, the file is read once, compared, and the bytes that were
   * compared are the ones that run, whatever happens to the file meanwhile.
   */
  readonly digest?: string;
}

/** Bounds that the sandbox enforces while the process runs. */
export interface Limits {
  /** Wall clock from spawn to exit. A resident process has no such bound: its owner kills it. */
  readonly timeoutMs: number;
  /** A process that writes more is killed. For a resident process: the longest single line. */
  readonly stdoutBytes: number;
  /** A process that writes more is killed. For a resident process: how much of the end is kept. */
  readonly stderrBytes: number;
  /** Memory of the program and everything that it started, together. Default: see `defaultLimits`. */
  readonly memoryBytes?: number;
  /**
   * Processor time of the program and everything that it started, together. For a resident process:
   * since the last line that it was sent.
   */
  readonly cpuMs?: number;
  /** Processes and threads at one time, as Linux counts tasks. */
  readonly processes?: number;
  /** Descriptors that one process may hold. */
  readonly openFiles?: number;
  /** Size of one file that the program writes. */
  readonly fileBytes?: number;
  /** Size of the private `/tmp`, where a level has one. */
  readonly tmpBytes?: number;
}

/** Everything about one process, as data: nothing else decides what it can see or do. */
export interface ExecutionPolicy {
  readonly executable: Executable;
  /** The elements after the program's own name. Each is passed byte for byte. */
  readonly argv: readonly string[];
  /** What the program sees as its own name. Default: the path of the executable, as seen inside. */
  readonly arg0?: string;
  /** Absolute path, as seen inside. */
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly readRoots: readonly Mount[];
  readonly writeRoots: readonly Mount[];
  /** Only at level `bubblewrap`; elsewhere a policy that has any is refused. */
  readonly privateFiles?: readonly PrivateFile[];
  readonly limits: Limits;
  readonly network: "none";
  /** `best` takes the strongest level that this machine has. */
  readonly level: SandboxLevel | "best";
  /** Refuse, before anything is spawned, to run below this level. */
  readonly require?: Exclude<SandboxLevel, "none">;
  /**
   * Watch what the program tries: `Outcome.attempts`. Slower, and the program is not the first
   * process of its sandbox. `true` takes the observer of our own, else `strace`; a name takes that one
   * alone. Where it cannot be done the run goes on and a note says "not observed".
   */
  readonly observe?: boolean | ObservationMechanism;
  /** Numbers of descriptors that the program itself keeps; set by `runOnce` for its channels. */
  readonly keptDescriptors?: readonly number[];
}
