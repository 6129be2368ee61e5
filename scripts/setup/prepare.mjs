import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { say, stop } from "./say.mjs";
import { findNode, requireTools, runQuietly } from "./tools.mjs";

/** Everything between a fresh clone and a workspace whose tools run. Skips what is already done. */
export function prepare(root) {
  preparePackageManager(root);
  prepareDependencies(root);
  return findNode(root);
}

/** Builds every package and app; turbo skips those whose inputs are unchanged. */
export function build(root) {
  const inputs = digestOf(root, buildInputs(root));
  const stamp = path.join(root, "node_modules", ".clawkeep", "build");
  if (readStamp(stamp) === inputs && existsSync(path.join(root, "apps/local-rag/dist/main.js"))) {
    return;
  }
  say("set-up: building packages and apps");
  const status = runQuietly(root, "turbo", ["run", "build", "--output-logs=errors-only"], {
    capture: true,
  });
  if (status !== 0) {
    stop("the build failed: the lines above say where.");
  }
  writeStamp(stamp, inputs);
}

function preparePackageManager(root) {
  const folder = path.join(root, "tools", "pnpm");
  const stamp = path.join(folder, "node_modules", ".clawkeep-stamp");
  const wanted = digestOf(folder, ["package.json", "package-lock.json"]);
  if (readStamp(stamp) === wanted) {
    return;
  }
  requireTools();
  say("set-up: installing the pinned pnpm");
  // pnpm's own install script only puts its packaged binary in place; it downloads nothing. `npm ci` is no
  // choice: it wants every platform's binary in the lock, and registries need not carry them all.
  const status = runQuietly(
    root,
    "npm",
    [
      "install",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts=false",
      "--loglevel=error",
    ],
    { cwd: folder, capture: true },
  );
  if (status !== 0 || runQuietly(root, "pnpm", ["--version"], { capture: true }) !== 0) {
    stop(
      "pnpm could not be installed: is the npm registry reachable? (The lines above are npm's.)",
    );
  }
  writeStamp(stamp, wanted);
}

function prepareDependencies(root) {
  const stamp = path.join(root, "node_modules", ".clawkeep", "install");
  const wanted = digestOf(root, installInputs(root));
  if (readStamp(stamp) === wanted) {
    return;
  }
  say("set-up: installing dependencies from the lockfile (about a minute the first time)");
  const status = runQuietly(
    root,
    "pnpm",
    ["install", "--frozen-lockfile", "--reporter=append-only"],
    {
      capture: true,
    },
  );
  if (status !== 0) {
    stop(
      "the dependencies could not be installed: is the npm registry reachable? (The lines above are pnpm's.)",
    );
  }
  writeStamp(stamp, wanted);
}

function installInputs(root) {
  const manifests = ["packages", "apps"].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => path.join(group, name, "package.json")),
  );
  return ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests].filter((file) =>
    existsSync(path.join(root, file)),
  );
}

function buildInputs(root) {
  const files = [...installInputs(root), "tsconfig.base.json", "tsup.shared.ts"];
  for (const group of ["packages", "apps"]) {
    for (const name of readdirSync(path.join(root, group))) {
      const folder = path.join(group, name);
      files.push(...sourcesBelow(root, path.join(folder, "src")));
      for (const file of ["tsup.config.ts", "tsconfig.json", "tsconfig.build.json"]) {
        if (existsSync(path.join(root, folder, file))) {
          files.push(path.join(folder, file));
        }
      }
    }
  }
  // An app's bundle carries them.
  const carried = [
    "packages/sandbox/prebuilt/launchers.json",
    `packages/sandbox/native/linux-${process.arch}/clawkeep-observer`,
    `packages/native-engine/native/linux-${process.arch}/clawkeep-engine.node`,
  ];
  return [...files, ...carried.filter((file) => existsSync(path.join(root, file)))];
}

function sourcesBelow(root, folder) {
  if (!existsSync(path.join(root, folder))) {
    return [];
  }
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
}

function digestOf(folder, files) {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(folder, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function writeStamp(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
