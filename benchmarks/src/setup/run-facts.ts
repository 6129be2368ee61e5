import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release, totalmem } from "node:os";
import path from "node:path";

import { describeMachine } from "../../../scripts/real/keep-run.ts";

/** Name and version of everything that is measured, from the lists that it is installed from. */
export function versionsOf(root: string, python: string): Readonly<Record<string, string>> {
  const benchmarks = path.join(root, "benchmarks");
  const dependencies = (file: string): Record<string, string> =>
    (
      JSON.parse(readFileSync(path.join(benchmarks, file), "utf8")) as {
        readonly dependencies: Record<string, string>;
      }
    ).dependencies;
  const requirements = ["requirements.txt", "requirements-compiled.txt"]
    .map((name) => readFileSync(path.join(benchmarks, "peers", name), "utf8"))
    .join("");
  const wheels = requirements
    .trim()
    .split("\n")
    .map((line) => line.split("=="));
  return {
    node: process.versions.node,
    "engine of @clawkeep/vector-index": engineOf(benchmarks),
    "torch, the wheel": torchWheel(python),
    ...dependencies("package.json"),
    ...dependencies("qmd/package.json"),
    ...Object.fromEntries(wheels.map(([name = "", version = ""]) => [`${name} (PyPI)`, version])),
  };
}

/** What `status` says too, asked of the built package as the workers load it. */
function engineOf(folder: string): string {
  const program =
    'import { describeEngine } from "@clawkeep/vector-index"; const { engine, kernel } = describeEngine(); console.log(engine, kernel)';
  const args = ["--input-type=module", "-e", program];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).trim();
}

/** The version with the build behind it, read without importing torch, which takes seconds. */
function torchWheel(python: string): string {
  const program =
    "import importlib.util as u, os; exec(open(os.path.join(os.path.dirname(u.find_spec('torch').origin), 'version.py')).read()); print(__version__)";
  try {
    return execFileSync(python, ["-c", program], { encoding: "utf8" }).trim();
  } catch {
    return "absent";
  }
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
