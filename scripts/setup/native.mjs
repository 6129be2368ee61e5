import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { say } from "./say.mjs";
import { runQuietly } from "./tools.mjs";

const targets = { x64: "x86_64-unknown-linux-gnu", arm64: "aarch64-unknown-linux-gnu" };

/**
 * Builds `crates/` and puts what comes of it where the packages look for it: the programs of the sandbox,
 * with the launcher's digest beside it, and the addon of vector index and embedder. They depend on nothing, so
 * nothing is downloaded. Without cargo, or elsewhere than on Linux, everything but the sandbox's levels
 * works, with the portable engine and with ONNX Runtime, and the capability table says so.
 */
export function buildNative(root) {
  const target = targets[process.arch];
  if (process.platform !== "linux" || target === undefined) {
    return;
  }
  const version = spawnSync("rustc", ["--version"], { encoding: "utf8", timeout: 20_000 });
  if (version.status !== 0) {
    say(
      "set-up: cargo is absent: no Landlock launcher, the portable vector engine, and ONNX Runtime",
    );
    return;
  }
  const machine = `linux-${process.arch}`;
  const sandbox = path.join(root, "packages", "sandbox");
  const launcher = path.join(sandbox, "prebuilt", machine, "clawkeep-launcher");
  const observer = path.join(sandbox, "native", machine, "clawkeep-observer");
  const engine = path.join(
    root,
    ...["packages", "native-engine", "native", machine, "clawkeep-engine.node"],
  );
  const stamp = path.join(root, "node_modules", ".clawkeep", "native");
  const wanted = digestOfCrates(path.join(root, "crates"), version.stdout);
  const built = [launcher, observer, engine].every((file) => existsSync(file));
  if (built && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return;
  }
  say("set-up: building the Landlock launcher, the observer and the vector engine");
  const place = path.join(root, "crates", "target", target);
  const programs = cargo(root, "the launcher", ["--release", "--target", target], {});
  if (programs) {
    putInPlace(path.join(place, "release", "clawkeep-launcher"), launcher);
    putInPlace(path.join(place, "release", "clawkeep-observer"), observer);
    const digest = createHash("sha256").update(readFileSync(launcher)).digest("hex");
    writeFileSync(
      path.join(sandbox, "prebuilt", "launchers.json"),
      `${JSON.stringify({ [machine]: `sha256:${digest}` })}\n`,
    );
  }
  const addon = cargo(
    root,
    "the vector engine",
    ["--profile", "engine", "--target", target, "--package", "clawkeep-engine"],
    // A library inside Node shares Node's C library; the programs bring their own.
    { RUSTFLAGS: "-C target-feature=-crt-static" },
  );
  if (addon) {
    putInPlace(path.join(place, "engine", "libclawkeep_engine.so"), engine);
  }
  if (programs && addon) {
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
  }
}

function cargo(root, what, args, environment) {
  const status = runQuietly(root, "cargo", ["build", "--offline", "--locked", "--quiet", ...args], {
    cwd: path.join(root, "crates"),
    capture: true,
    environment,
  });
  if (status !== 0) {
    say(`set-up: ${what} could not be built (the lines above say why); it counts as absent`);
  }
  return status === 0;
}

/** Replaced in one step: what runs or is loaded meanwhile keeps the old file. */
function putInPlace(from, file) {
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(from, `${file}.new`);
  chmodSync(`${file}.new`, 0o755);
  renameSync(`${file}.new`, file);
}

function digestOfCrates(folder, compiler) {
  const hash = createHash("sha256").update(compiler);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).includes("target"))
    .sort();
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(folder, file)))
      .update("\0");
  }
  return hash.digest("hex");
}
