import { existsSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

import type { ServiceCage, ServiceDefinition } from "./service-definition.ts";

/** Program and arguments that start a service as its account and inside its cage. Nothing is read by a shell. */
export function confinedCommand({
  program,
  args,
  account,
  cage,
  cwd,
}: Pick<ServiceDefinition, "program" | "args" | "account" | "cage" | "cwd">): {
  readonly program: string;
  readonly args: readonly string[];
} {
  const own = [program, ...args];
  const dropped =
    account === undefined
      ? own
      : [
          toolPath("setpriv"),
          `--reuid=${account.uid}`,
          `--regid=${account.gid}`,
          account.groups.length === 0 ? "--clear-groups" : `--groups=${account.groups.join(",")}`,
          "--no-new-privs",
          "--bounding-set=-all",
          "--inh-caps=-all",
          "--ambient-caps=-all",
          "--",
          ...own,
        ];
  const [first = "", ...rest] =
    cage === undefined
      ? dropped
      : [toolPath("bwrap"), ...cageArguments(cage, account !== undefined, cwd), "--", ...dropped];
  return { program: first, args: rest };
}

/** Programs and libraries; `/etc` holds only what a program needs to find names and certificates. */
const systemFolders: readonly string[] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"];
const systemFiles: readonly string[] = [
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/group",
  "/etc/resolv.conf",
  "/etc/ssl",
];

function cageArguments(cage: ServiceCage, dropsLater: boolean, cwd: string): readonly string[] {
  const present = [...systemFolders, ...systemFiles].filter((path) => existsSync(path));
  return [
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    ...(cage.network === "none" ? ["--unshare-net"] : []),
    "--die-with-parent",
    // `setpriv` needs them once, and leaves none.
    ...(dropsLater ? ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"] : []).flatMap((name) => [
      "--cap-add",
      name,
    ]),
    // Folders in between would be made for root alone.
    ...foldersAbove([
      ...present,
      ...cage.scratch.map(({ target }) => target),
      ...cage.binds.map(({ target }) => target),
    ]).flatMap((path) => ["--perms", "0755", "--dir", path]),
    ...present.flatMap((path) => ["--ro-bind", path, path]),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    ...cage.scratch.flatMap(({ target, megabytes }) => [
      "--perms",
      "1777",
      "--size",
      String(megabytes * 1024 * 1024),
      "--tmpfs",
      target,
    ]),
    ...cage.binds.flatMap(({ source, target, writable }) => [
      writable ? "--bind" : "--ro-bind",
      source,
      target,
    ]),
    "--remount-ro",
    "/",
    "--chdir",
    cwd,
  ];
}

/** Every folder on the way to a target that is not itself shown, outermost first. */
function foldersAbove(targets: readonly string[]): readonly string[] {
  const above = new Set<string>();
  for (const target of targets) {
    for (let at = target.indexOf("/", 1); at > 0; at = target.indexOf("/", at + 1)) {
      const folder = target.slice(0, at);
      if (systemFolders.includes(folder)) break;
      above.add(folder);
    }
  }
  return [...above].toSorted();
}

function toolPath(name: string): string {
  const found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    .map((folder) => `${folder}/${name}`)
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CodedError({
    code: "SERVICE_TOOL_MISSING",
    message: `expected ${name} in /usr/bin, got none`,
    hint: name === "bwrap" ? "Install bubblewrap." : "Install util-linux.",
  });
}
