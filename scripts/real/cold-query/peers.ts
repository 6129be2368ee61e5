import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

import { cacheFolder } from "../cache.ts";

/** Runs a command with its output on stderr; throws when it fails. */
export function runOrThrow(command: string, args: readonly string[], cwd?: string): void {
  const result = spawnSync(command, args, {
    stdio: ["ignore", 2, 2],
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.status !== 0) {
    throw new CodedError({
      code: "REAL_COMMAND_FAILED",
      message: `expected ${command} ${args.slice(0, 4).join(" ")} to succeed, got exit code ${String(result.status ?? result.error?.message)}`,
      hint: "its own lines are above",
    });
  }
}

/** The interpreter of a virtual environment that holds `benchmarks/peers/requirements.txt`, made once. */
export function pythonWithPeers(root: string): string {
  const requirements = path.join(root, "benchmarks/peers/requirements.txt");
  const folder = cacheFolder("peers-venv");
  const python = path.join(folder, "bin", "python");
  const stamp = path.join(folder, "requirements.stamp");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return python;
  }
  mkdirSync(folder, { recursive: true });
  runOrThrow("python3", ["-m", "venv", folder]);
  runOrThrow(python, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  writeFileSync(stamp, wanted);
  return python;
}

/** The Markdown folder of npm `openclaw@2026.9.6`, installed once with its scripts off. */
export function openclawDocuments(): string {
  const version = "2026.9.6";
  const folder = cacheFolder("openclaw");
  const documents = path.join(folder, "node_modules", "openclaw", "docs");
  const manifest = path.join(folder, "node_modules", "openclaw", "package.json");
  if (existsSync(manifest) && readFileSync(manifest, "utf8").includes(`"version": "${version}"`)) {
    return documents;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  runOrThrow("npm", ["install", "--ignore-scripts", "--no-save", `openclaw@${version}`], folder);
  return documents;
}
