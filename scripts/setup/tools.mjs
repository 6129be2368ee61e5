import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { say, stop } from "./say.mjs";

/** The oldest Node that runs Clawkeep itself; the one that runs this file may be as old as 20. */
const floor = [24, 16];

const workspaceTools = (root) => path.join(root, "node_modules", ".bin");
const packageManagerTools = (root) => path.join(root, "tools", "pnpm", "node_modules", ".bin");

/**
 * The environment for everything that set-up starts: our pinned tools first, and none of the settings
 * that npm exports to scripts, because pnpm would read them as its own.
 */
export function toolEnvironment(root) {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/iu.test(name));
  return {
    ...Object.fromEntries(kept),
    PATH: [packageManagerTools(root), workspaceTools(root), process.env["PATH"] ?? ""].join(
      path.delimiter,
    ),
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
  };
}

/** Runs a command with its output on stderr. Answers its exit code; `stop`s when it cannot start. */
export function runQuietly(root, command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env: { ...toolEnvironment(root), ...options.environment },
    stdio: ["ignore", options.capture === true ? "pipe" : 2, options.capture === true ? "pipe" : 2],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error !== undefined) {
    stop(`cannot start ${command}: ${result.error.message}`);
  }
  if (options.capture === true && result.status !== 0) {
    say(`${result.stdout}${result.stderr}`);
  }
  return result.status ?? 1;
}

/** The path of a Node that meets the floor: the pinned one, or the one that runs this file. */
export function findNode(root) {
  const pinned = path.join(workspaceTools(root), "node");
  if (existsSync(pinned)) {
    return pinned;
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > floor[0] || (major === floor[0] && minor >= floor[1])) {
    return process.execPath;
  }
  return stop(
    `Node ${process.versions.node} is too old and no pinned Node exists for ${process.platform}-${process.arch}: ` +
      `install Node ${floor.join(".")} or newer and run this again.`,
  );
}

/** Stops with one line when npm or git is missing. */
export function requireTools() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    stop(`Node ${process.versions.node} is too old to set up: Node 20.20 or newer is needed.`);
  }
  for (const tool of ["npm", "git"]) {
    const found = spawnSync(tool, ["--version"], { stdio: "ignore" });
    if (found.error !== undefined || found.status !== 0) {
      stop(`${tool} is missing: install it and run this again.`);
    }
  }
}
