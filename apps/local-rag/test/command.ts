import { spawn, spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams, SpawnOptionsWithoutStdio } from "node:child_process";
import path from "node:path";

const main = path.join(import.meta.dirname, "../src/main.ts");

/** What one run of the command came to. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how a command runs. */
export interface CommandPlace {
  /** `CLAWKEEP_HOME`. */
  readonly home: string;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** User and group to run as; only root can. */
  readonly uid?: number;
}

/** Runs `local-rag` from its sources, as a process of its own. */
export function localRag(args: readonly (string | Buffer)[], place: CommandPlace): CommandResult {
  const result = spawnSync(process.execPath, commandLine(args as readonly string[]), {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    ...(place.cwd === undefined ? {} : { cwd: place.cwd }),
    ...(place.input === undefined ? {} : { input: place.input }),
    ...(place.uid === undefined ? {} : { uid: place.uid, gid: place.uid }),
    env: environment(place),
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

/**
 * Starts `local-rag` and lets it run.
 *
 * @param before A program and its arguments that start it.
 */
export function startLocalRag(
  args: readonly string[],
  place: CommandPlace,
  options: SpawnOptionsWithoutStdio = {},
  before: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const [program, ...rest] = [...before, process.execPath, ...commandLine(args)];
  return spawn(program ?? process.execPath, rest, {
    ...(place.cwd === undefined ? {} : { cwd: place.cwd }),
    env: environment(place),
    ...options,
  });
}

function commandLine(args: readonly string[]): string[] {
  // Indexing makes way for other programs; the other tests beside this one would hold it up.
  const all =
    /^(?:index|watch)$/u.test(args[0] ?? "") && !args.includes("--cpu") ? ["--cpu", "100%"] : [];
  return ["--conditions=source", main, ...args, ...all];
}

/** Nothing of the tests' own environment but the search path. */
export function environment(place: CommandPlace): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    CLAWKEEP_HOME: place.home,
    // Only a matter of speed: the sources are compiled once.
    NODE_COMPILE_CACHE: path.join(path.dirname(place.home), "compiled"),
    ...place.env,
  };
}
