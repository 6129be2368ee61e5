import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync } from "node:fs";
import path from "node:path";

/** A user of the stage: a uid that nobody else has here, with a folder of its own. */
export interface Principal {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, and no others: root's do not stay. */
  readonly groups: readonly number[];
  /** Mode 0700. */
  readonly home: string;
}

/** What came of a program. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is started. */
export interface RunAs {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Milliseconds until it is killed. Default 180,000. */
  readonly timeoutMs?: number;
}

const path_ = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function makePrincipal(base: string, spec: Omit<Principal, "home">): Principal {
  const principal = { ...spec, home: path.join(base, spec.name) };
  makeOwnFolder(principal, principal.home);
  makeOwnFolder(principal, path.join(principal.home, "tmp"));
  return principal;
}

/** A folder of a principal, mode 0700 unless told otherwise. */
export function makeOwnFolder({ uid, gid }: Principal, folder: string, mode = 0o700): string {
  mkdirSync(folder, { recursive: true, mode });
  chownSync(folder, uid, gid);
  return folder;
}

/** Starts a program as a principal, with nothing of the stage's own environment. */
export function startAs(
  principal: Principal,
  command: readonly string[],
  { environment = {}, cwd }: RunAs = {},
): ChildProcess {
  const { uid, gid, groups, home } = principal;
  const keep = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return spawn("setpriv", [`--reuid=${uid}`, `--regid=${gid}`, keep, "--", ...command], {
    cwd: cwd ?? home,
    env: { PATH: path_, HOME: home, TMPDIR: path.join(home, "tmp"), NO_COLOR: "1", ...environment },
    stdio: "pipe",
    // A group of its own: what it leaves behind is ended with it.
    detached: true,
  });
}

/** Runs a program as a principal to its end. */
export async function runAs(
  principal: Principal,
  command: readonly string[],
  options: RunAs = {},
): Promise<Ended> {
  const child = startAs(principal, command, options);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.input ?? "");
  const timer = setTimeout(() => endGroup(child, "SIGKILL"), options.timeoutMs ?? 180_000);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return {
    code,
    signal,
    stdout: Buffer.concat(out).toString("utf8"),
    stderr: Buffer.concat(err).toString("utf8"),
  };
}

/** Signals a started program with everything it started. */
export function endGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
