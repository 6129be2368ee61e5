import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { bundle } from "./bundle.ts";

/** What the command came to. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the command is started. */
export interface Start {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the started process. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

export const fixtures: string = fileURLToPath(
  new URL("../../../fixtures/skills/", import.meta.url),
);

/** A folder with `skills/` and a state folder, and the command run in it. */
export class Place {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "clawkeep-cli-")));
  readonly home: string = join(this.folder, "home");

  /** @param skills Names in fixtures/skills/valid. */
  constructor(skills: readonly string[] = []) {
    for (const name of skills) {
      cpSync(join(fixtures, "valid", name), join(this.folder, "skills", name), { recursive: true });
    }
  }

  /** Runs the bundle. */
  async run(args: readonly string[], start: Start = {}): Promise<Ended> {
    return run(process.execPath, [bundle, ...args], {
      cwd: this.folder,
      ...start,
      env: { CLAWKEEP_HOME: this.home, ...start.env },
    });
  }

  /** Runs the bundle and parses what it printed. */
  async json(args: readonly string[], start: Start = {}): Promise<Record<string, unknown>> {
    const ended = await this.run([...args, "--json"], start);
    const value: unknown = JSON.parse(ended.stdout);
    return value as Record<string, unknown>;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end. */
export async function run(
  file: string,
  args: readonly string[],
  start: Start = {},
): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: start.cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...start.env },
    stdio: "pipe",
  });
  const streams = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (streams.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (streams.stderr += text));
  // A command that ends before it has read its input is judged by how it ended.
  child.stdin.on("error", () => {});
  child.stdin.end(start.input ?? "");
  start.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...streams }));
  });
}
