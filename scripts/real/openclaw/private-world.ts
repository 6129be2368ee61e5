import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const mark = "CLAWKEEP_OPENCLAW_WORLD";

/** Paths as every uid of the stage reaches them, whatever folder of whose home they lie in. */
export interface World {
  /** Mode 0755, gone when the stage ends. Short: sockets lie below it. */
  readonly base: string;
  readonly node: string;
  /** The clone, read-only. */
  readonly clone: string;
  /** The folder that OpenClaw is installed in, read-only. */
  readonly install: string;
}

/**
 * Runs a script again in namespaces of its own: no network but loopback, no process of it left when it
 * ends, and the clone and the cache reachable to other uids although they may lie in root's home.
 *
 * @returns the exit code of the script, in the process outside; the world, in the process inside
 */
export function enterPrivateWorld(script: string, root: string, install: string): World | number {
  const inside = process.env[mark];
  if (inside !== undefined) return prepareWorld(inside, root, install);
  if (process.getuid?.() !== 0 || process.platform !== "linux") {
    process.stderr.write("openclaw: expected root on Linux, which alone can be two other users\n");
    return 1;
  }
  const base = mkdtempSync(path.join(tmpdir(), "ck-"));
  chmodSync(base, 0o755);
  try {
    const namespaces = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const ended = spawnSync(
      "unshare",
      [...namespaces, "--", process.execPath, "--conditions=source", script],
      { stdio: "inherit", env: { ...process.env, [mark]: base } },
    );
    if (ended.error !== undefined) process.stderr.write(`unshare: ${ended.error.message}\n`);
    return ended.status ?? 1;
  } finally {
    // Out here nothing is mounted below it.
    rmSync(base, { recursive: true, force: true });
  }
}

function prepareWorld(base: string, root: string, install: string): World {
  // An address of another network, for listeners that stand for the world outside.
  must("ip", ["link", "set", "lo", "up"]);
  must("ip", ["address", "add", `${outsideAddress}/32`, "dev", "lo"]);
  const node = path.join(base, "node");
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  const clone = bind(root, base, "clone");
  // A build beside the stage changes the clone's programs; what is locked here stays as it is.
  for (const app of ["skill", "local-rag"]) {
    const copy = path.join(base, `built-${app}`);
    const built = path.join(clone, "apps", app, "dist");
    cpSync(built, copy, { recursive: true });
    must("mount", ["--bind", copy, built]);
  }
  return { base, node, clone, install: bind(install, base, "oc") };
}

/**
 * An address of the internet, since guards refuse those that are reserved for private use or for
 * documentation: here, without a way out, it is ours and we listen there.
 */
export const outsideAddress = "93.184.215.14";

function bind(from: string, base: string, name: string): string {
  const to = path.join(base, name);
  mkdirSync(to);
  must("mount", ["--bind", from, to]);
  must("mount", ["-o", "remount,bind,ro", to]);
  return to;
}

function must(command: string, args: readonly string[]): void {
  const ended = spawnSync(command, args, { encoding: "utf8" });
  if (ended.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")}: ${ended.error?.message ?? ended.stderr.trim()} (the stage needs iproute2, util-linux and CAP_SYS_ADMIN)`,
    );
  }
}
