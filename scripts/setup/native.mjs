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
 * Builds the programs of `crates/` and puts them where `packages/sandbox` looks for them, with the
 * launcher's digest beside it. They depend on nothing, so nothing is downloaded. Without cargo, or
 * elsewhere than on Linux, everything but their levels works, and the capability table says so.
 */
export function buildNative(root) {
  const target = targets[process.arch];
  if (process.platform !== "linux" || target === undefined) {
    return;
  }
  const version = spawnSync("rustc", ["--version"], { encoding: "utf8", timeout: 20_000 });
  if (version.status !== 0) {
    say("set-up: cargo is absent, so the Landlock launcher is not built");
    return;
  }
  const sandbox = path.join(root, "packages", "sandbox");
  const machine = `linux-${process.arch}`;
  const programs = [
    { name: "clawkeep-launcher", to: path.join(sandbox, "prebuilt", machine) },
    { name: "clawkeep-observer", to: path.join(sandbox, "native", machine) },
  ];
  const stamp = path.join(root, "node_modules", ".clawkeep", "native");
  const wanted = digestOfCrates(path.join(root, "crates"), version.stdout);
  const built = programs.every(({ name, to }) => existsSync(path.join(to, name)));
  if (built && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return;
  }
  say("set-up: building the Landlock launcher and the observer");
  const crates = path.join(root, "crates");
  const status = runQuietly(
    root,
    "cargo",
    ["build", "--release", "--offline", "--locked", "--quiet", "--target", target],
    { cwd: crates, capture: true },
  );
  if (status !== 0) {
    say("set-up: the launcher could not be built (the lines above say why); it counts as absent");
    return;
  }
  for (const { name, to } of programs) {
    const file = path.join(to, name);
    mkdirSync(to, { recursive: true });
    copyFileSync(path.join(crates, "target", target, "release", name), `${file}.new`);
    chmodSync(`${file}.new`, 0o755);
    renameSync(`${file}.new`, file);
  }
  const launcher = readFileSync(path.join(sandbox, "prebuilt", machine, "clawkeep-launcher"));
  const digest = createHash("sha256").update(launcher).digest("hex");
  writeFileSync(
    path.join(sandbox, "prebuilt", "launchers.json"),
    `${JSON.stringify({ [machine]: `sha256:${digest}` })}\n`,
  );
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function digestOfCrates(folder, compiler) {
  const hash = createHash("sha256").update(compiler);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith(`target${path.sep}`))
    .sort();
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(folder, file)))
      .update("\0");
  }
  return hash.digest("hex");
}
