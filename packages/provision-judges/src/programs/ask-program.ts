import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { runOnce } from "@clawkeep/sandbox";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { findProgram, systemFolders } from "./find-program.ts";

/** What a program said of the copies. */
export interface ProgramAnswer {
  /** `null` when it was killed: it took too long, wrote too much or crashed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The file that was asked for, when it was written. */
  readonly file?: string;
}

/** What is asked of which program. */
export interface ProgramQuestion {
  /** Absolute path. */
  readonly program: string;
  readonly argv: readonly string[];
  /** Copies that it finds in its working folder, and nothing else of the deployment. */
  readonly files: readonly Pick<JudgedFile, "path" | "text">[];
  readonly stdin?: string;
  /** Variables beside its path, home and locale; `{work}` in one is its working folder. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A file that it writes with its answer, relative to its working folder. */
  readonly answer?: string;
  /**
   * `network`: it must own a network to check its file, as nft does, or needs folders that the sandbox does not show.
   * It gets an empty network and a user namespace and nothing else. Default: the strongest sandbox of this machine.
   */
  readonly needs?: "network";
}

const timeoutMs = 240_000;
const mostBytes = 32 * 1024 * 1024;

/** Runs a foreign program over copies in a folder of its own: no network, an environment of four names, no secret. */
export async function askProgram(question: ProgramQuestion): Promise<ProgramAnswer> {
  const place = await realpath(await mkdtemp(path.join(tmpdir(), "claw-judge-")));
  try {
    const work = path.join(place, "work");
    await mkdir(path.join(place, "home"), { mode: 0o700 });
    await mkdir(work, { mode: 0o700 });
    for (const { path: name, text } of question.files) {
      const file = path.join(work, insideOf(name));
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, text, { mode: 0o600 });
    }
    const program = await realpath(question.program);
    const filled = (text: string): string => text.replaceAll("{work}", work);
    const environment = {
      PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
      HOME: path.join(place, "home"),
      TMPDIR: path.join(place, "home"),
      LC_ALL: "C.UTF-8",
      ...Object.fromEntries(
        Object.entries(question.environment ?? {}).map(([name, value]) => [name, filled(value)]),
      ),
    };
    const said = await (question.needs === "network"
      ? unshared(question, program, environment, work)
      : sandboxed(question, program, environment, place));
    if (question.answer === undefined) return said;
    const file = path.resolve(work, question.answer);
    return existsSync(file) ? { ...said, file: await readFile(file, "utf8") } : said;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** No name leads out of the copy's folder. */
function insideOf(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/");
}

async function sandboxed(
  { argv, stdin }: ProgramQuestion,
  program: string,
  environment: Readonly<Record<string, string>>,
  place: string,
): Promise<ProgramAnswer> {
  // Where it lies, and what it brought with it; the sandbox shows the system's own folders anyway.
  const own = path.dirname(program);
  const roots = /^\/(?:usr|s?bin)\//u.test(`${own}/`) ? [] : [own];
  const ended = await runOnce(
    {
      executable: { path: program },
      argv,
      cwd: path.join(place, "work"),
      environment,
      readRoots: roots.map((one) => ({ source: one, target: one })),
      writeRoots: [{ source: place, target: place }],
      limits: {
        timeoutMs,
        stdoutBytes: mostBytes,
        stderrBytes: mostBytes,
        memoryBytes: 4 * 1024 ** 3,
        processes: 512,
      },
      network: "none",
      level: "best",
    },
    stdin === undefined ? {} : { stdin: Buffer.from(stdin) },
  );
  return {
    exitCode: ended.exitCode,
    stdout: Buffer.from(ended.stdout).toString("utf8"),
    stderr: Buffer.from(ended.stderr).toString("utf8"),
  };
}

async function unshared(
  { argv, stdin }: ProgramQuestion,
  program: string,
  environment: Readonly<Record<string, string>>,
  cwd: string,
): Promise<ProgramAnswer> {
  const unshare = findProgram(["unshare"], systemFolders);
  const [file, args] =
    unshare === undefined
      ? [program, argv]
      : [unshare, ["--map-root-user", "--net", "--kill-child", "--fork", "--", program, ...argv]];
  const child = spawn(file, args, { cwd, env: environment, stdio: "pipe" });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (part: string) => {
      text[name] += part;
      if (text[name].length > mostBytes) child.kill("SIGKILL");
    });
  }
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { exitCode, ...text };
  } finally {
    clearTimeout(timer);
  }
}
