import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import type { DesiredFile } from "../ports/file-port.ts";

/** A process that is kept running where no service manager is. No secret is in it: it refers to files. */
export interface ServiceDefinition {
  readonly name: string;
  /** Private folder of lock, mark of the supervisor and log. */
  readonly folder: string;
  /** Absolute. Run without a shell. */
  readonly program: string;
  readonly args: readonly string[];
  /** All that it gets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly stopMs: number;
  /** Milliseconds before the first restart; doubled up to 30 s while it does not stay up for a minute. */
  readonly restartMs: number;
  /** Who runs it, without capabilities or new privileges; its supervisor is root then. Default: whoever supervises. */
  readonly account?: ServiceAccount;
  /** Made or put right before each start, in this order: some lie where nothing outlives a boot. */
  readonly folders?: readonly ServiceFolder[];
  /** Secrets, copied before each start to where only the account reads them, and removed after its end. */
  readonly credentials?: readonly ServiceCredential[];
  /** Kept by a group of the kernel's memory and pids controllers; its supervisor is root then. */
  readonly limits?: ServiceLimits;
  /** What it sees of the machine. Default: all of it. */
  readonly cage?: ServiceCage;
}

/** Ids of a service, by number: no name has to be known. */
export interface ServiceAccount {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, and no others. */
  readonly groups: readonly number[];
}

/** A folder that a service needs. */
export interface ServiceFolder {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A secret of a service. */
export interface ServiceCredential {
  /** Read by the supervisor. */
  readonly source: string;
  /** Mode 0400, in a folder of mode 0500. */
  readonly target: string;
}

/** What a service and all that it starts may take together. */
export interface ServiceLimits {
  readonly memoryMb: number;
  readonly processes: number;
}

/**
 * Namespaces of its own for mounts, processes, IPC and, unless it is said, the network, which has loopback only. Its
 * root is read-only: programs and libraries of this machine, and what is bound.
 */
export interface ServiceCage {
  /** Later ones lie over earlier ones. */
  readonly binds: readonly {
    readonly source: string;
    readonly target: string;
    readonly writable: boolean;
  }[];
  /** Folders in memory, gone at its end. */
  readonly scratch: readonly { readonly target: string; readonly megabytes: number }[];
  readonly network: "none" | "host";
}

const absolute = z.string().startsWith("/");
const id = z.number().int().nonnegative();
const definition: z.ZodType<ServiceDefinition> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/u),
  folder: absolute,
  program: absolute,
  args: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  cwd: absolute,
  stopMs: z.number().int().nonnegative(),
  restartMs: z.number().int().positive(),
  account: z.strictObject({ uid: id, gid: id, groups: z.array(id) }).exactOptional(),
  folders: z.array(z.strictObject({ path: absolute, mode: id, uid: id, gid: id })).exactOptional(),
  credentials: z.array(z.strictObject({ source: absolute, target: absolute })).exactOptional(),
  limits: z
    .strictObject({ memoryMb: z.number().int().positive(), processes: z.number().int().positive() })
    .exactOptional(),
  cage: z
    .strictObject({
      binds: z.array(z.strictObject({ source: absolute, target: absolute, writable: z.boolean() })),
      scratch: z.array(
        z.strictObject({ target: absolute, megabytes: z.number().int().positive() }),
      ),
      network: z.enum(["none", "host"]),
    })
    .exactOptional(),
});

/** @throws what the file system, JSON and zod throw */
export function readDefinition(file: string): ServiceDefinition {
  return definition.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** A definition as the file that its supervisor reads, so that it changes and is rolled back with the others. */
export function definitionFile(one: ServiceDefinition): DesiredFile {
  const text = `${JSON.stringify(one, undefined, 2)}\n`;
  return { path: filesOfService(one).definition, mode: 0o600, bytes: Buffer.from(text) };
}

/** Files of a service in its folder. */
export function filesOfService({ folder, name }: ServiceDefinition): {
  readonly lock: string;
  readonly supervisor: string;
  readonly log: string;
  readonly definition: string;
} {
  const at = (end: string): string => join(folder, `${name}.${end}`);
  return {
    lock: at("lock"),
    supervisor: at("supervisor"),
    log: at("log"),
    definition: at("json"),
  };
}
