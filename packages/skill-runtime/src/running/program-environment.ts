import { ensurePrivateFolder, makeOwnedFolder } from "@clawkeep/durable-files";
import type { SandboxLevel } from "@clawkeep/sandbox";
import type { Action } from "@clawkeep/skill-format";
import { rmSync } from "node:fs";
import path from "node:path";

/** The whole environment of a program, and what has to be removed after it. */
export interface ProgramEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Working folder, home and temporary folder in one: private, empty, writable. */
  readonly cwd: string;
  readonly dispose: () => void;
}

/** Those variables of `from` that the contract names. */
export function passedVariables(
  action: Action,
  from: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const name of [...action.environment].sort()) {
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value !== undefined) {
      passed[name] = value;
    }
  }
  return passed;
}

/**
 * Makes the environment: what is passed, what the contract fixes, and the pins of `docs/exec-contract.md`. In a sandbox the
 * private folder is the sandbox's own `/tmp`.
 *
 * @param home The state folder.
 */
export async function programEnvironment(
  action: Action,
  passed: Readonly<Record<string, string>>,
  level: SandboxLevel,
  home: string,
): Promise<ProgramEnvironment> {
  let cwd = "/tmp";
  let dispose = (): void => {};
  if (level === "none") {
    const folder = path.join(home, "scratch");
    await ensurePrivateFolder(folder);
    cwd = makeOwnedFolder(folder, "run");
    dispose = () => rmSync(cwd, { recursive: true, force: true });
  }
  const variables = {
    ...passed,
    ...action.setEnvironment,
    PATH: "/usr/bin:/bin",
    HOME: cwd,
    TMPDIR: cwd,
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    // Otherwise a Python program iterates its sets in another order each time.
    PYTHONHASHSEED: "0",
  };
  return { variables, cwd, dispose };
}
