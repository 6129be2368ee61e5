import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

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
}

const absolute = z.string().startsWith("/");
const definition: z.ZodType<ServiceDefinition> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/u),
  folder: absolute,
  program: absolute,
  args: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  cwd: absolute,
  stopMs: z.number().int().nonnegative(),
  restartMs: z.number().int().positive(),
});

/** @throws what the file system, JSON and zod throw */
export function readDefinition(file: string): ServiceDefinition {
  return definition.parse(JSON.parse(readFileSync(file, "utf8")));
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
