import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { runOnce } from "@clawkeep/sandbox";
import type { SandboxLevel } from "@clawkeep/sandbox";

import type { JsonObject } from "../json.ts";
import { judgedCopy } from "./judged-copy.ts";

/** Where the real OpenClaw lies. Nothing is taken from `PATH`. */
export interface OpenClawProgram {
  /** Absolute path of a Node that it accepts: 24.16 or newer. */
  readonly node: string;
  /** Folder whose `node_modules` holds `openclaw`. */
  readonly folder: string;
}

/** What one command printed. */
export interface OpenClawAnswer {
  readonly exitCode: number | null;
  /** The JSON that it printed, or undefined when it printed none. */
  readonly json: unknown;
  readonly stderr: string;
  /** The level of sandbox that it ran in. */
  readonly level: SandboxLevel;
}

/** A copy of a configuration that the real commands may be asked about. Close it, or its folder stays. */
export interface OpenClawSession {
  /** Paths that were taken out of the copy. */
  readonly stripped: readonly string[];
  run(argv: readonly string[]): Promise<OpenClawAnswer>;
  close(): Promise<void>;
}

/**
 * Puts a copy of a configuration into a folder of its own and runs the real OpenClaw over it: without network, with
 * an environment of made-up secrets and nothing else, in the strongest sandbox that this machine has.
 * @throws CodedError OPENCLAW_MISSING when it is not installed there
 */
export async function openOpenClaw(
  program: OpenClawProgram,
  config: JsonObject,
): Promise<OpenClawSession> {
  const installed = await realpath(path.join(program.folder, "node_modules")).catch(
    (cause: unknown) => {
      throw new CodedError({
        code: "OPENCLAW_MISSING",
        message: `expected OpenClaw in ${program.folder}, got nothing`,
        hint: "Install it there: npm install --prefix FOLDER --ignore-scripts openclaw@VERSION",
        cause,
      });
    },
  );
  const node = await realpath(program.node);
  const place = await realpath(await mkdtemp(path.join(tmpdir(), "claw-judge-")));
  const state = path.join(place, "state");
  const copy = judgedCopy(config, place);
  const file = path.join(state, "openclaw.json");
  await mkdir(state, { mode: 0o700 });
  await mkdir(path.join(place, "home"), { mode: 0o700 });
  await writeFile(file, JSON.stringify(copy.config), { mode: 0o600 });
  for (const [name, content] of Object.entries(copy.files)) {
    await writeFile(path.join(place, name), content, { mode: 0o600 });
  }
  return {
    stripped: copy.stripped,
    close: () => rm(place, { recursive: true, force: true }),
    run: async (argv) => {
      const ended = await runOnce({
        executable: { path: node },
        argv: [path.join(installed, "openclaw", "openclaw.mjs"), ...argv],
        cwd: place,
        environment: {
          ...copy.environment,
          HOME: path.join(place, "home"),
          OPENCLAW_STATE_DIR: state,
          OPENCLAW_CONFIG_PATH: file,
          TMPDIR: place,
          PATH: "/usr/bin:/bin",
          NO_COLOR: "1",
        },
        readRoots: [
          { source: installed, target: installed },
          { source: path.dirname(node), target: path.dirname(node) },
        ],
        writeRoots: [{ source: place, target: place }],
        limits: {
          timeoutMs: 300_000,
          stdoutBytes: 16 * 1024 * 1024,
          stderrBytes: 1024 * 1024,
          memoryBytes: 4 * 1024 ** 3,
        },
        network: "none",
        level: "best",
      });
      return {
        exitCode: ended.exitCode,
        json: parsed(Buffer.from(ended.stdout).toString("utf8")),
        stderr: Buffer.from(ended.stderr).toString("utf8"),
        level: ended.level,
      };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
