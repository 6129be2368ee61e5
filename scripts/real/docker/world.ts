import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { cacheFolder } from "../cache.ts";

const mark = "CLAWKEEP_DOCKER_WORLD";

/** Control groups of every container of the stage lie below this one, so that they can be told from others. */
export const controlGroup = "clawkeep-docker";

/**
 * Runs a script again in namespaces of its own: the daemon's bridges, chains, FORWARD policy, forwarding, mounts and
 * processes are made in there and end with it, however it ends. Control groups are the kernel's and are removed out
 * here; what the host had before is compared with what it has afterwards.
 *
 * @returns the exit code, in the process outside; undefined inside
 */
export async function enterWorld(
  script: string,
  args: readonly string[],
  prepare: () => Promise<void>,
): Promise<number | undefined> {
  if (process.env[mark] !== undefined) {
    prepareWorld();
    return undefined;
  }
  if (process.getuid?.() !== 0 || process.platform !== "linux") {
    process.stderr.write("docker: expected root on Linux, which alone can start a daemon\n");
    return 1;
  }
  await prepare();
  removeControlGroups();
  const before = hostState();
  const namespaces = ["--mount", "--net", "--pid", "--ipc", "--fork", "--mount-proc"];
  // A shell is the first process: it waits for orphans, which Node does not.
  const inside = ["sh", "-c", '"$@"; exit $?', "sh", process.execPath, "--conditions=source"];
  const child = spawn(
    "unshare",
    [...namespaces, "--kill-child", "--", ...inside, script, ...args],
    { stdio: "inherit", env: { ...process.env, [mark]: "1" } },
  );
  const end = (): void => void child.kill("SIGKILL");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  const [code] = (await once(child, "exit")) as [number | null];
  const left = removeControlGroups();
  const same = isDeepStrictEqual(hostState(), before);
  process.stdout.write(
    `host afterwards: links, addresses, chains, policies, forwarding and mounts ${same ? "as before" : "CHANGED"}; control groups left: ${left.length}\n`,
  );
  for (const one of left) process.stderr.write(`still in use: ${one}\n`);
  return same && left.length === 0 ? (code ?? 1) : 1;
}

/** What a daemon changes of a host. */
function hostState(): Readonly<Record<string, string>> {
  return {
    links: said("ip", ["-o", "link"]),
    addresses: said("ip", ["-o", "-4", "address"]),
    rules: said("iptables-save", []).replaceAll(/^#.*$|\[\d+:\d+\]/gmu, ""),
    forwarding: readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
    mounts: readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(cacheFolder("docker")) || line.includes("docker"))
      .join("\n"),
    socket: String(existsSync("/run/docker.sock")),
  };
}

function prepareWorld(): void {
  must("mount", ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"]);
  mkdirSync("/run/netns", { recursive: true });
  // What `claw` installs in /etc ends with the world too.
  must("mount", ["-t", "tmpfs", "tmpfs", "/mnt"]);
  for (const name of ["upper", "work"]) mkdirSync(path.join("/mnt", name));
  const layers = "lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work";
  must("mount", ["-t", "overlay", "-o", layers, "overlay", "/etc"]);
  must("ip", ["link", "set", "lo", "up"]);
}

/** Removes what containers were counted in, and says what is still in use. */
function removeControlGroups(): readonly string[] {
  const base = "/sys/fs/cgroup";
  const controllers = existsSync(base) ? readdirSync(base) : [];
  const folders = ["", ...controllers]
    .map((name) => path.join(base, name, controlGroup))
    .filter((folder) => existsSync(folder));
  for (let tries = 0; tries < 20; tries += 1) {
    for (const folder of folders) removeTree(folder);
    if (!folders.some((folder) => existsSync(folder))) break;
    // What was killed is gone when the kernel says so.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  return folders.filter((folder) => existsSync(folder));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(path.join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // In use: the caller says so.
  }
}

function said(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 26 }).stdout;
}

/** @throws Error with what it said */
export function must(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): string {
  const ended = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
  });
  if (ended.status === 0) return ended.stdout;
  const words = ended.error?.message ?? `${ended.stdout.slice(-1500)}${ended.stderr.slice(-3000)}`;
  throw new Error(`${command} ${args.join(" ")}: ${ended.status} ${words}`);
}

/** Removes a folder of the stage's own. */
export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
