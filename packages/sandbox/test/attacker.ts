import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { detectLevels, sandboxLevels } from "../src/index.ts";
import type { ExecutionPolicy, Mount, SandboxLevel } from "../src/index.ts";
import type { Answer, Order } from "./order.ts";

const NOBODY = 65534;
const runnerFile: string = path.join(import.meta.dirname, "runner.ts");
const programsFolder: string = path.join(import.meta.dirname, "..", "fixtures", "programs");
const node: string = realpathSync(process.execPath);

/** The levels that can be tested here. Says aloud what is missing; fails when it was required. */
export async function testableLevels(): Promise<readonly SandboxLevel[]> {
  const reports = await detectLevels();
  const required = (process.env["CLAWKEEP_REQUIRE"] ?? "").split(",");
  return sandboxLevels.filter((level) => {
    const { available, why = "unknown" } = reports[level];
    if (available) {
      return true;
    }
    if (required.includes(level)) {
      throw new Error(`CLAWKEEP_REQUIRE asks for ${level}; ${level} absent: ${why}`);
    }
    process.stderr.write(`skipped: ${level} absent: ${why}\n`);
    return false;
  });
}

/** True where attacks on bubblewrap can be made; otherwise says why not. */
export async function bubblewrapTestable(): Promise<boolean> {
  return (await testableLevels()).includes("bubblewrap");
}

/** A user without privileges who runs programs in the sandbox, with a folder of its own. */
export interface Attacker {
  readonly uid: number;
  readonly pid: number;
  /** Real path of a private folder of the attacker. */
  readonly folder: string;
  /** Makes a folder inside that belongs to the attacker. */
  makeFolder(name: string): string;
  /** A policy that runs one of the fixture programs under Node. */
  policy(
    level: SandboxLevel,
    program: string,
    argv: readonly string[],
    changes?: Partial<ExecutionPolicy>,
  ): ExecutionPolicy;
  ask(order: Order): Promise<Answer>;
  /** kill -9 of the process that started the sandbox. */
  kill(): void;
  close(): Promise<void>;
}

/** Where the fixture programs are seen at a level. */
export function programPath(attacker: Attacker, level: SandboxLevel, program: string): string {
  return path.join(
    level === "bubblewrap" ? "/roots/programs" : path.join(attacker.folder, "programs"),
    program,
  );
}

/** Starts an attacker. As root it is another user, so that root's rights prove nothing. */
export function startAttacker(
  options: {
    /** Stay the user that runs the tests. */
    readonly self?: boolean;
    readonly environment?: Record<string, string>;
    readonly descriptors?: readonly number[];
  } = {},
): Attacker {
  const uid = options.self === true ? (process.getuid?.() ?? -1) : chooseUid();
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-attack-")));
  const own = (at: string): string => {
    if (uid !== process.getuid?.()) {
      chownSync(at, uid, uid);
    }
    return at;
  };
  own(folder);
  cpSync(programsFolder, path.join(folder, "programs"), { recursive: true });
  const stdio: StdioOptions = ["pipe", "pipe", "inherit"];
  for (const descriptor of options.descriptors ?? []) {
    stdio.push(...Array.from({ length: 20 }, () => "ignore" as const), descriptor);
  }
  const runner = spawn(node, ["--conditions=source", runnerFile], {
    cwd: folder,
    env: { HOME: folder, ...options.environment },
    stdio,
    ...(uid === process.getuid?.() ? {} : { uid, gid: uid }),
  });
  const answers = createInterface({ input: runner.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  return {
    uid,
    pid: runner.pid ?? -1,
    folder,
    makeFolder: (name) => {
      const at = path.join(folder, name);
      mkdirSync(at);
      return own(at);
    },
    policy: (level, program, argv, changes = {}) =>
      nodePolicy(folder, level, program, argv, changes),
    ask: async (order) => {
      runner.stdin?.write(`${JSON.stringify(order)}\n`);
      const answer = await answers.next();
      if (answer.done === true) {
        throw new Error("the runner ended");
      }
      return JSON.parse(answer.value) as Answer;
    },
    kill: () => runner.kill("SIGKILL"),
    close: async () => {
      await ended(runner);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Processes of this machine that run a program with a token in its arguments: what a run left
 * behind. A bubblewrap that has not started the program yet is none.
 */
export function processesWith(token: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      return (
        /^[0-9]+$/u.test(pid) &&
        command.includes(token) &&
        !command.startsWith("bwrap\0") &&
        !/^State:\tZ/mu.test(readFileSync(`/proc/${pid}/status`, "latin1"))
      );
    } catch {
      return false;
    }
  });
}

function nodePolicy(
  folder: string,
  level: SandboxLevel,
  program: string,
  argv: readonly string[],
  changes: Partial<ExecutionPolicy>,
): ExecutionPolicy {
  const programs = path.join(folder, "programs");
  // Only bubblewrap can show a folder in another place.
  const shown = (source: string, target: string): string =>
    level === "bubblewrap" ? target : source;
  const mounts: readonly Mount[] =
    level === "none"
      ? []
      : [
          { source: path.dirname(node), target: shown(path.dirname(node), "/roots/node") },
          { source: programs, target: shown(programs, "/roots/programs") },
        ];
  const at = shown(programs, "/roots/programs");
  return {
    executable: { path: node },
    argv: [path.join(at, program), ...argv],
    cwd: level === "none" ? folder : "/tmp",
    environment: {},
    writeRoots: [],
    limits: { timeoutMs: 20_000, stdoutBytes: 1_000_000, stderrBytes: 100_000 },
    network: "none",
    level,
    ...changes,
    readRoots: [...mounts, ...(changes.readRoots ?? [])],
  };
}

function chooseUid(): number {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) {
    return uid;
  }
  const probe = spawnSync(node, ["-e", `fs.accessSync(${JSON.stringify(runnerFile)})`], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: "/",
  });
  if (probe.status === 0) {
    return NOBODY;
  }
  process.stderr.write(
    `uid ${NOBODY} cannot read ${runnerFile}: attacks run as root, which proves less\n`,
  );
  return uid;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    child.stdin?.end();
    child.kill("SIGKILL");
  });
}
