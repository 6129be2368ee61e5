import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release, totalmem } from "node:os";
import path from "node:path";

import { describeMachine } from "../../../scripts/real/keep-run.ts";

/** Name and version of everything that is measured, from the lists that it is installed from. */
export function versionsOf(root: string): Readonly<Record<string, string>> {
  const benchmarks = path.join(root, "benchmarks");
  const dependencies = (file: string): Record<string, string> =>
    (
      JSON.parse(readFileSync(path.join(benchmarks, file), "utf8")) as {
        readonly dependencies: Record<string, string>;
      }
    ).dependencies;
  const requirements = readFileSync(path.join(benchmarks, "peers/requirements.txt"), "utf8");
  const python = requirements
    .trim()
    .split("\n")
    .map((line) => line.split("=="));
  return {
    node: process.versions.node,
    ...dependencies("package.json"),
    ...dependencies("qmd/package.json"),
    ...Object.fromEntries(python.map(([name = "", version = ""]) => [`${name} (PyPI)`, version])),
  };
}

/** The processor and what is around it, in words. */
export function machineText(): string {
  const { cpu, cores, features } = describeMachine();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpu}, ${cores} cores (${features.join(", ") || "no vector extensions known"}), ${gibibytes} GiB, Linux ${release()}`;
}

/** `<date>-<cpu>`: the folder of a run. */
export function runFolder(root: string): string {
  const cpu = describeMachine()
    .cpu.toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^-|-$/gu, "");
  const date = new Date().toISOString().slice(0, 10);
  return path.join(root, "benchmarks", "runs", `${date}-${cpu}`);
}

/** The commit that is checked out, with a mark when files that are measured differ from it. */
export function commitOf(root: string): string {
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const dirty = git(
      "status",
      "--porcelain",
      "--",
      "packages",
      "apps",
      "crates",
      "benchmarks/src",
      "benchmarks/peers",
    );
    return `${git("rev-parse", "--short", "HEAD")}${dirty === "" ? "" : " with changes"}`;
  } catch {
    return "unknown";
  }
}
