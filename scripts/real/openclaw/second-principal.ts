import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import type { Checks } from "./checks.ts";
import { programs } from "./keep-service.ts";
import type { Keep, Served } from "./keep-service.ts";
import { makePrincipal, runAs } from "./principal.ts";
import type { Principal } from "./principal.ts";
import type { Stand } from "./stand.ts";

/** What of the service others can see at all. */
export interface Exposed {
  readonly services: readonly Served[];
  readonly socket: string;
}

interface Targets {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** What may be used by the group, and not be replaced. */
  readonly shared: readonly string[];
  readonly pids: readonly number[];
}

/**
 * From the gateway's uid: nothing of the service can be read, changed, signalled or replaced. Every file
 * of its state folder and workspace is tried, and afterwards each has its bytes, mode and time as before.
 */
export async function checkSecondPrincipal(
  stand: Stand,
  keep: Keep,
  { services, socket }: Exposed,
  checks: Checks,
): Promise<void> {
  const places = [keep.home, keep.workspace, path.dirname(socket)];
  const before = digestOfTrees(places);
  const all = [keep.home, keep.workspace].flatMap(entriesBelow);
  const targets: Targets = {
    files: all.filter((entry) => lstatSync(entry).isFile()),
    folders: all.filter((entry) => lstatSync(entry).isDirectory()),
    shared: entriesBelow(path.dirname(socket)),
    pids: services.map(({ pid }) => pid),
  };
  const logs = targets.files.filter((file) => file.endsWith(".ndjson"));
  const keys = targets.files.filter((file) => /key/iu.test(path.basename(file)));
  checks.that(
    "what is attacked",
    logs.length > 0 && keys.length > 0,
    `${targets.files.length} files (log ${logs.map((file) => path.basename(file)).join(", ")}; key ${keys.map((file) => path.basename(file)).join(", ")}), ${targets.folders.length} folders, ${targets.pids.length} processes`,
  );
  const tried = await attempt(stand, stand.gateway, targets);
  for (const kind of [
    "read",
    "open for writing",
    "append",
    "truncate",
    "unlink",
    "rename",
    "chmod",
    "utimes",
    "link",
    "list",
    "write into",
    "SIGCONT",
    "SIGSTOP",
    "SIGTERM",
    "SIGKILL",
    "memory of",
    "environment of",
    "descriptors of",
  ]) {
    const own = Object.entries(tried).filter(([name]) => name.startsWith(`${kind} `));
    const failed = own.filter(([, code]) => code === "EACCES" || code === "EPERM");
    checks.that(
      `gateway's uid: ${kind}`,
      own.length > 0 && failed.length === own.length,
      `${failed.length} of ${own.length} refused (${[...new Set(own.map(([, code]) => code))].join(", ")})`,
    );
  }
  // What the attempts can do where they are allowed to: otherwise the refusals above would mean nothing.
  const control = await attempt(
    stand,
    stand.service,
    { files: keys, folders: [], shared: [], pids: [] },
    "read",
  );
  checks.that(
    "service's uid: reads its key",
    Object.values(control)[0] === "done",
    String(Object.values(control)[0]),
  );
  await checkSecondWriter(stand, keep, socket, checks);
  checks.equal("state and workspace afterwards are as before", digestOfTrees(places), before);
  checks.that(
    "the services run on",
    services.every(({ pid }) => isAlive(pid)),
    services.map(({ pid }) => `pid ${pid} ${isAlive(pid) ? "runs" : "is gone"}`).join(", "),
  );
}

async function checkSecondWriter(
  stand: Stand,
  keep: Keep,
  socket: string,
  checks: Checks,
): Promise<void> {
  const named = ["--workspace", keep.workspace, ...programs(stand)];
  const second: Readonly<Record<string, readonly string[]>> = {
    "run as a second writer": ["run", ...named, "local-rag", "--", "{}"],
    "rotate the key": ["audit", "rotate-key"],
    "serve at the same socket": ["serve", ...named, "--socket", socket],
    "verify, which reads the log": ["audit", "verify"],
  };
  for (const [what, args] of Object.entries(second)) {
    const { code, stderr } = await keep.skill(args, stand.gateway);
    checks.that(
      `gateway's uid: ${what}`,
      code !== 0 && /EACCES|permission|denied|FOREIGN|MISSING|OPEN/iu.test(stderr),
      `exit ${code}, ${stderr.split("\n")[0]}`,
    );
  }
  const stranger = makePrincipal(stand.world.base, {
    name: "xx",
    uid: 24_000,
    gid: 24_000,
    groups: [],
  });
  const outside = await keep.skill(
    ["connect", socket, "--owner", String(stand.service.uid)],
    stranger,
  );
  checks.that(
    "a uid outside the group: connect",
    outside.code === 2,
    `exit ${outside.code}, ${outside.stderr.split("\n")[0]}`,
  );
  const wrongOwner = await keep.skill(
    ["connect", socket, "--owner", String(stand.gateway.uid)],
    stand.gateway,
  );
  checks.that(
    "connect to a socket of another owner than named",
    wrongOwner.code === 2 && wrongOwner.stderr.includes("SERVICE_FOLDER_FOREIGN"),
    `exit ${wrongOwner.code}, ${wrongOwner.stderr.split("\n")[0]}`,
  );
}

async function attempt(
  stand: Stand,
  who: Principal,
  targets: Targets,
  only = "",
): Promise<Readonly<Record<string, string>>> {
  const script = path.join(stand.world.clone, "scripts/real/openclaw/attempts.ts");
  const args = [script, JSON.stringify(targets), only];
  const { stdout, stderr } = await runAs(who, [stand.world.node, ...args]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

function entriesBelow(folder: string): readonly string[] {
  const below = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return [folder, ...below.map((name) => path.join(folder, name))];
}

function digestOfTrees(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const entry of folders.flatMap((folder) => entriesBelow(folder).toSorted())) {
    const { mode, size, mtimeMs, uid } = lstatSync(entry);
    hash.update(JSON.stringify([entry, mode, size, mtimeMs, uid]));
    if (lstatSync(entry).isFile()) hash.update(readFileSync(entry));
  }
  return hash.digest("hex");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
