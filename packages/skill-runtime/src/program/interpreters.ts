import { CodedError } from "@clawkeep/diagnostics";
import type { Interpreter } from "@clawkeep/skill-format";
import { realpathSync } from "node:fs";

/** Where the interpreters of this machine are. Given by the application, never by PATH or a skill. */
export interface InterpreterPaths {
  /** Default: the Node that runs this. */
  readonly node?: string;
  /** Default `/usr/bin/python3`. */
  readonly python3?: string;
  /** Default `/bin/sh`. */
  readonly sh?: string;
}

/** An interpreter on this machine and how it is used. */
export interface FoundInterpreter {
  readonly kind: Exclude<Interpreter, "none">;
  /** Real absolute path. */
  readonly path: string;
  /** Arguments before the script. */
  readonly argv: readonly string[];
  /**
   * True when a copy of the one file works anywhere. Python and sh belong to the system: they run
   * where they lie, and their own libraries are not hashed.
   */
  readonly standalone: boolean;
}

/** `-s`: no user site-packages; `-B`: writes no bytecode beside the script. */
const python3Argv: readonly string[] = ["-s", "-B"];

/**
 * Finds an interpreter.
 * @throws CodedError PROGRAM_INTERPRETER_MISSING
 */
export function findInterpreter(
  kind: Exclude<Interpreter, "none">,
  paths: InterpreterPaths,
): FoundInterpreter {
  const at = {
    node: paths.node ?? process.execPath,
    python3: paths.python3 ?? "/usr/bin/python3",
    sh: paths.sh ?? "/bin/sh",
  }[kind];
  try {
    return {
      kind,
      path: realpathSync(at),
      argv: kind === "python3" ? python3Argv : [],
      standalone: kind === "node",
    };
  } catch (cause) {
    throw new CodedError({
      code: "PROGRAM_INTERPRETER_MISSING",
      message: `the interpreter ${kind} should be at ${at}, and is not`,
      hint: `install ${kind}`,
      cause,
    });
  }
}
