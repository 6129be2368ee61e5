import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { figureMissed } from "../stages.ts";

/**
 * The crates of the vector engine and of the encoder: formatting, clippy, tests; and with a nightly compiler the tests under
 * the address sanitizer, and the fuzzer for {@link executions} forged segments. Nothing is skipped
 * silently: without cargo or without a nightly compiler the stage stays due.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const crates = path.join(root, "crates");
const target = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-unknown-linux-gnu`;
const engine = ["--package", "clawkeep-vector-engine", "--features", "testing"];
const encoder = ["--package", "clawkeep-encoder"];

/** A million took 25 minutes on a busy machine once; this many are a few minutes. */
const executions = 100_000;

/** What `cargo fuzz` would set: coverage for libFuzzer, and the sanitizer. */
const fuzzing: string = [
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Zsanitizer=address",
  "-Ctarget-feature=-crt-static",
  "-Cdebug-assertions",
  "--cfg=fuzzing",
].join(" ");

function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): void {
  const { cwd = crates, environment = {} } = options;
  process.stdout.write(`${command} ${args.join(" ")}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`${command} ${args[0] ?? ""} ended with ${error?.message ?? String(status)}`);
  }
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function main(): number {
  if (!works("cargo", ["--version"])) {
    process.stdout.write("not run: cargo is absent\n");
    return figureMissed;
  }
  run("cargo", ["fmt", "--check"]);
  run("cargo", ["clippy", ...engine, "--offline", "--all-targets", "--", "-D", "warnings"]);
  run("cargo", ["test", ...engine, "--offline", "--quiet"]);
  run("cargo", ["clippy", ...encoder, "--offline", "--all-targets", "--", "-D", "warnings"]);
  run("cargo", ["test", ...encoder, "--offline", "--quiet"]);
  if (!works("cargo", ["+nightly", "--version"])) {
    process.stdout.write("not run: the sanitizer and the fuzzer need a nightly compiler\n");
    return figureMissed;
  }
  const place = ["--target", target];
  // SIGBUS is the engine's own: it is what the tests are about.
  const sanitizer = "handle_sigbus=0";
  for (const which of [engine, encoder]) {
    run("cargo", ["+nightly", "test", ...which, ...place, "--offline", "--quiet"], {
      environment: {
        RUSTFLAGS: "-Zsanitizer=address -Ctarget-feature=-crt-static",
        ASAN_OPTIONS: sanitizer,
        CARGO_TARGET_DIR: path.join(crates, "target", "sanitizer"),
      },
    });
  }
  const built = path.join(crates, "target", "fuzz");
  run("cargo", ["+nightly", "build", "--release", "--locked", ...place], {
    cwd: path.join(crates, "vector-engine", "fuzz"),
    environment: { RUSTFLAGS: fuzzing, CARGO_TARGET_DIR: built },
  });
  const found = mkdtempSync(path.join(tmpdir(), "clawkeep-fuzz-"));
  run(
    path.join(built, target, "release", "segment"),
    [found, `-runs=${executions}`, "-max_len=400", "-print_final_stats=1", "-detect_leaks=0"],
    { cwd: found, environment: { ASAN_OPTIONS: sanitizer } },
  );
  // Kept when something was found: the input that does it lies there.
  rmSync(found, { recursive: true });
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
