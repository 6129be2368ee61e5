import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, homedir, platform, totalmem } from "node:os";
import path from "node:path";

import type { HostReader } from "@clawkeep/provision-plan";

/**
 * This machine, read and never changed. Programs are run without a shell and for five seconds at most.
 *
 * @param folder On the disk whose free space counts.
 */
export function thisHost(folder: string = homedir()): HostReader {
  return {
    platform: platform(),
    arch: arch(),
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    diskFreeBytes: freeDisk(folder),
    text: (file) => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return undefined;
      }
    },
    output: (program, args) => {
      const ended = spawnSync(program, args, {
        encoding: "utf8",
        timeout: 5000,
        maxBuffer: 1024 * 1024,
        stdio: ["ignore", "pipe", "ignore"],
      });
      return ended.status === 0 ? ended.stdout : undefined;
    },
    exists: existsSync,
    hasProgram: (name) =>
      (process.env["PATH"] ?? "")
        .split(path.delimiter)
        .some((folder) => folder.startsWith("/") && isExecutable(path.join(folder, name))),
  };
}

function freeDisk(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
