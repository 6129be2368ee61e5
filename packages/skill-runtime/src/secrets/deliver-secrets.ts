import { ensurePrivateFolder, makeOwnedFolder } from "@clawkeep/durable-files";
import type { ExecutionPolicy } from "@clawkeep/sandbox";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { ResolvedSecret } from "./scrub.ts";

/** A policy whose program finds its secrets, and what has to be removed after the run. */
export interface SecretDelivery {
  readonly policy: ExecutionPolicy;
  readonly dispose: () => void;
}

/** The names of the variables that tell a program of its secrets. */
export function secretVariables(secrets: readonly Pick<ResolvedSecret, "name" | "as">[]): string[] {
  return secrets.map(({ name, as }) => (as === "file" ? `${name}_FILE` : name));
}

/**
 * Gives a program its secrets: as files that are on no disk where the sandbox can make such, else in a
 * private folder of the state folder for as long as the run lasts; in the environment only when the
 * contract says so.
 */
export async function deliverSecrets(
  policy: ExecutionPolicy,
  secrets: readonly ResolvedSecret[],
  home: string,
): Promise<SecretDelivery> {
  const files = secrets.filter(({ as }) => as === "file");
  const spoken = secrets.filter(({ as }) => as === "environment");
  const environment: Record<string, string> = {
    ...policy.environment,
    ...Object.fromEntries(spoken.map(({ name, value }) => [name, value])),
  };
  if (files.length === 0) {
    return { policy: { ...policy, environment }, dispose: () => {} };
  }
  if (policy.level === "bubblewrap") {
    const privateFiles = files.map(({ name, value }) => {
      const target = `/secrets/${name}`;
      environment[`${name}_FILE`] = target;
      return { target, bytes: Buffer.from(value) };
    });
    return { policy: { ...policy, environment, privateFiles }, dispose: () => {} };
  }
  const parent = path.join(home, "scratch");
  await ensurePrivateFolder(parent);
  const folder = makeOwnedFolder(parent, "secrets");
  for (const { name, value } of files) {
    const file = path.join(folder, name);
    writeFileSync(file, value, { mode: 0o400, flag: "wx" });
    environment[`${name}_FILE`] = file;
  }
  const readRoots = [...policy.readRoots, { source: folder, target: folder }];
  return {
    policy: { ...policy, environment, readRoots },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
