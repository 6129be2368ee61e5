import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

/** Where a machine keeps the programs that its owner installed. Never what a path variable says. */
export const systemFolders: readonly string[] = [
  "/usr/local/bin",
  "/usr/bin",
  "/usr/sbin",
  "/usr/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/lib/systemd/system-generators",
  "/usr/libexec/podman",
  "/opt/homebrew/bin",
];

/** The first program of one of these names in one of these folders, by absolute path. */
export function findProgram(
  names: readonly string[],
  folders: readonly string[],
): string | undefined {
  for (const folder of folders) {
    for (const name of names) {
      const file = path.resolve(folder, name);
      if (isProgram(file)) return file;
    }
  }
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
