import { CodedError } from "@clawkeep/diagnostics";
import path from "node:path";

import { argumentFault } from "./argument-fault.ts";
import type { SandboxLevel } from "./level.ts";
import type { ExecutionPolicy, Mount } from "./policy.ts";

/** Folders that are the sandbox's own, and host folders that stand for the machine itself. */
const reservedTargets = [
  "/proc",
  "/dev",
  "/sys",
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/etc",
];
const refusedSources = ["/proc", "/dev", "/sys"];
const refusedExactly = ["/", "/run", "/var/run", "/tmp", "/etc", "/home", "/root", "/var"];

/**
 * Refuses a policy that could not be carried out to the letter.
 * @throws CodedError SANDBOX_ARGUMENT_REFUSED for a text that cannot be passed byte for byte.
 * @throws CodedError SANDBOX_POLICY_REFUSED for anything else, naming the field.
 */
export function checkPolicy(policy: ExecutionPolicy, level: SandboxLevel): void {
  checkTexts(policy);
  absolute("executable.path", policy.executable.path);
  absolute("cwd", policy.cwd);
  for (const [name, value] of Object.entries(policy.limits)) {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      refuse(`limits.${name} must be a whole number of at least 0, got ${String(value)}`);
    }
  }
  const network: string = policy.network;
  if (network !== "none") {
    refuse(`network must be "none", got ${JSON.stringify(network)}`);
  }
  if ((policy.privateFiles ?? []).length > 0 && level !== "bubblewrap") {
    refuse(`at level ${level} no file can be made that is on no disk`);
  }
  for (const { target } of policy.privateFiles ?? []) {
    absolute("a private file's target", target);
    if (!/^\/secrets\/[A-Za-z0-9_]+$/u.test(target)) {
      refuse(`a private file lies in /secrets, got ${target}`);
    }
  }
  const targets = new Set<string>();
  for (const mount of [...policy.readRoots, ...policy.writeRoots]) {
    checkMount(mount, level);
    // Without a sandbox a folder keeps its place, so one folder given twice has one target, and no conflict.
    if (targets.has(mount.target) && level === "bubblewrap") {
      refuse(`two roots have the target ${mount.target}`);
    }
    targets.add(mount.target);
  }
}

function checkTexts(policy: ExecutionPolicy): void {
  const texts: [string, string][] = [
    ...policy.argv.map((text, index): [string, string] => [`argv[${index}]`, text]),
    ...Object.entries(policy.environment).map(([name, value]): [string, string] => [
      `environment.${name}`,
      `${name}=${value}`,
    ]),
    ["arg0", policy.arg0 ?? ""],
    ["executable.path", policy.executable.path],
    ["cwd", policy.cwd],
    ...[...policy.readRoots, ...policy.writeRoots].flatMap(({ source, target }) => [
      ["a root's source", source] satisfies [string, string],
      ["a root's target", target] satisfies [string, string],
    ]),
  ];
  for (const [where, text] of texts) {
    const fault = argumentFault(text);
    if (fault !== undefined) {
      throw new CodedError({
        code: "SANDBOX_ARGUMENT_REFUSED",
        message: `${where} cannot be passed as it is: ${fault}`,
        hint: "pass long or binary text through standard input",
      });
    }
  }
  for (const name of Object.keys(policy.environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) {
      refuse(`environment names are letters, digits and "_", got ${JSON.stringify(name)}`);
    }
  }
}

function checkMount({ source, target }: Mount, level: SandboxLevel): void {
  absolute("a root's source", source);
  absolute("a root's target", target);
  if (refusedExactly.includes(source) || refusedSources.some((folder) => within(source, folder))) {
    refuse(`${source} is the machine itself and cannot be a root`, "name a folder inside it");
  }
  if (level !== "bubblewrap") {
    if (source !== target) {
      refuse(`at level ${level} nothing is mounted, so ${source} cannot be seen as ${target}`);
    }
    return;
  }
  if (target === "/" || target === "/tmp" || reservedTargets.some((at) => within(target, at))) {
    refuse(`the target ${target} belongs to the sandbox itself`, "use a target under /roots");
  }
}

function absolute(where: string, text: string): void {
  if (
    !path.isAbsolute(text) ||
    path.normalize(text) !== text ||
    (text !== "/" && text.endsWith("/"))
  ) {
    refuse(
      `${where} must be an absolute path without "..", "." or a slash at its end, got ${text}`,
    );
  }
}

function within(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

function refuse(message: string, hint?: string): never {
  throw new CodedError({
    code: "SANDBOX_POLICY_REFUSED",
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}
