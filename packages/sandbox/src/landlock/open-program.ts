import { CodedError } from "@clawkeep/diagnostics";
import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";

import { isSystemPath } from "../bubblewrap/system-folders.ts";
import { executableBytes } from "../executable-bytes.ts";
import type { ExecutionPolicy } from "../policy.ts";
import type { RunFolder } from "./run-folder.ts";

/** The program of a policy, held open, so that it is the one that is started. */
export interface OpenProgram {
  readonly path: string;
  readonly descriptor: number;
  /** Its interpreter opens it by name, so it is started by name. */
  readonly isScript: boolean;
}

/**
 * Opens the program. One with a digest is copied from the bytes that were compared.
 * @throws CodedError SANDBOX_EXECUTABLE_MISSING, SANDBOX_DIGEST_MISMATCH, SANDBOX_POLICY_REFUSED
 */
export async function openProgram(policy: ExecutionPolicy, run: RunFolder): Promise<OpenProgram> {
  const { executable } = policy;
  if (executable.digest !== undefined) {
    const name = executable.path.slice(executable.path.lastIndexOf("/") + 1);
    return open(run.addProgram(name, await executableBytes(executable)));
  }
  const program = open(executable.path);
  const roots = [...policy.readRoots, ...policy.writeRoots];
  const shown = roots.some(
    ({ source }) => program.path === source || program.path.startsWith(`${source}/`),
  );
  if (shown || isSystemPath(program.path)) {
    return program;
  }
  closeSync(program.descriptor);
  throw new CodedError({
    code: "SANDBOX_POLICY_REFUSED",
    message: `the program ${program.path} lies in no root, so the sandbox does not let it start`,
    hint: "give its folder as a read root, or name its digest",
  });
}

function open(file: string): OpenProgram {
  let descriptor: number | undefined;
  try {
    const path = realpathSync(file);
    descriptor = openSync(path, "r");
    if (!fstatSync(descriptor).isFile()) {
      throw new Error("it is not a file");
    }
    const start = Buffer.alloc(2);
    readSync(descriptor, start, 0, 2, 0);
    return { path, descriptor, isScript: start.toString("latin1") === "#!" };
  } catch (cause) {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
    throw new CodedError({
      code: "SANDBOX_EXECUTABLE_MISSING",
      message: `${file} is not a program that can be run`,
      cause,
    });
  }
}
