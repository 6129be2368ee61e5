import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { findTrustedProgram } from "../../trusted-program.ts";
import type { FoundProgram } from "../../trusted-program.ts";

const run = promisify(execFile);

/** Where it is looked for. Never PATH: who sets it would decide what is reported. */
const stracePaths: readonly string[] = ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"];

/**
 * Options of a trace that `parseTrace` reads. `-DDD`: the tracer is a process apart, so that the program is the
 * runtime's own child as without it, and the tracer is not killed with it.
 */
export function straceOptions(calls: readonly string[], file: string): readonly string[] {
  return [
    ...["-DDD", "-f", "-q", "-y", "-xx", "-X", "raw", "--decode-pids=pidns", "-s", "4096"],
    ...["-e", "signal=none", "-e", `trace=${calls.map((name) => `?${name}`).join(",")}`],
    ...["-o", file, "--"],
  ];
}

let found: Promise<FoundProgram> | undefined;

/** An `strace` that can really trace here, tried once a process: tracing may be forbidden. */
export function findStrace(): Promise<FoundProgram> {
  return (found ??= probe());
}

async function probe(): Promise<FoundProgram> {
  if (process.platform !== "linux") {
    return { why: `strace needs Linux, this is ${process.platform}` };
  }
  const program = findTrustedProgram("strace", stracePaths);
  if ("why" in program) {
    return program;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-strace-"));
  try {
    const file = path.join(folder, "trace");
    // Its end is awaited too: the tracer holds the output open.
    await run(program.path, [...straceOptions(["execve"], file), "/bin/true"], {
      env: {},
      cwd: "/",
      timeout: 10_000,
    });
    return readFileSync(file, "latin1").includes("execve(")
      ? program
      : { why: `${program.path} is installed but traces nothing here` };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    return { why: `${program.path} is installed but does not work here: ${why}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
