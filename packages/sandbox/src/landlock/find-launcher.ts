import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import path from "node:path";

/** The launcher, held open so that the file that was compared is the one that runs. */
export interface FoundLauncher {
  readonly path: string;
  readonly descriptor: number;
  readonly digest: string;
}

/**
 * Finds the launcher that was built with this package, or says why there is none. It is looked for
 * nowhere but beside this code, never on PATH: who sets that would choose the sandbox. Its digest is
 * compared with the one in `launchers.json`, which the build wrote.
 */
export function findLauncher(
  folders: readonly string[] = besideThisCode(),
): FoundLauncher | { readonly why: string } {
  const machine = `${process.platform}-${process.arch}`;
  const folder = folders.find((candidate) => existsSync(path.join(candidate, "launchers.json")));
  if (folder === undefined) {
    return { why: "the launcher was not built: that needs cargo, on Linux" };
  }
  const file = path.join(folder, machine, "clawkeep-launcher");
  let descriptor: number | undefined;
  try {
    const pins = JSON.parse(readFileSync(path.join(folder, "launchers.json"), "utf8")) as Readonly<
      Record<string, unknown>
    >;
    const pinned = pins[machine];
    if (typeof pinned !== "string") {
      return { why: `there is no launcher for ${machine}` };
    }
    descriptor = openSync(file, "r");
    const fault = launcherFault(file, descriptor, pinned);
    if (fault === undefined) {
      return { path: file, descriptor, digest: pinned };
    }
    closeSync(descriptor);
    return { why: fault };
  } catch (error) {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
    return { why: `the launcher ${file} cannot be read: ${(error as Error).message}` };
  }
}

function launcherFault(file: string, descriptor: number, pinned: string): string | undefined {
  const { mode } = fstatSync(descriptor);
  if ((mode & 0o022) !== 0) {
    return `the launcher ${file} can be written by others than its owner`;
  }
  if ((mode & 0o111) === 0) {
    return `the launcher ${file} has no right to be executed`;
  }
  const digest = `sha256:${createHash("sha256").update(readFileSync(descriptor)).digest("hex")}`;
  return digest === pinned
    ? undefined
    : `the launcher ${file} should be ${pinned} and is ${digest}`;
}

/** `prebuilt` of the package: from its sources, from its bundle, and from an app's bundle. */
function besideThisCode(): readonly string[] {
  return ["../../prebuilt", "../prebuilt", "prebuilt"].map((relative) =>
    path.join(import.meta.dirname, relative),
  );
}
