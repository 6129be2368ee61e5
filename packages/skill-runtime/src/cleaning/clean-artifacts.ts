import { lstat, rm } from "node:fs/promises";
import path from "node:path";

import { artifactFolder, expiryName, readExpiry } from "../running/keep-artifact.ts";
import type { RuntimeConfiguration } from "../configuration/runtime-configuration.ts";
import { dayMs, remove } from "./cleaning.ts";
import type { Cleaning } from "./cleaning.ts";
import { namesIn } from "./removal.ts";

export const defaultArtifactDays = 30;
export const defaultArtifactMegabytes = 1024;
/** Whoever asked for the run has not had the time to read it before. */
const graceMs = 3_600_000;

interface Kept {
  readonly file: string;
  readonly bytes: number;
  readonly writtenMs: number;
}

/** Removes artifacts that are too old, then the oldest ones until the rest is no larger than allowed. */
export async function cleanArtifacts(
  cleaning: Cleaning,
  limits: RuntimeConfiguration["artifacts"] = {},
): Promise<void> {
  const { days = defaultArtifactDays, megabytes = defaultArtifactMegabytes } = limits;
  const folder = artifactFolder(cleaning.home);
  const kept: Kept[] = [];
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name);
    const status = await lstat(file).catch(() => undefined);
    if (status?.isFile() !== true || !/^[0-9a-f]{64}$/u.test(name)) continue;
    const one = { file, bytes: status.size, writtenMs: status.mtimeMs };
    const until = Math.min(one.writtenMs + days * dayMs, await expiry(folder, name));
    if (until > cleaning.now) kept.push(one);
    else await removeArtifact(cleaning, one, `kept until ${new Date(until).toISOString()}`);
  }
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const one of kept.sort((a, b) => a.writtenMs - b.writtenMs)) {
    if (total <= megabytes * 1024 * 1024 || one.writtenMs + graceMs > cleaning.now) break;
    total -= one.bytes;
    await removeArtifact(cleaning, one, `all artifacts together are more than ${megabytes} MiB`);
  }
}

/** When the contract that made it lets it go; never, when it does not say. */
async function expiry(folder: string, name: string): Promise<number> {
  const until = await readExpiry(path.join(folder, expiryName(name)));
  return Number.isNaN(until) ? Infinity : until;
}

async function removeArtifact(cleaning: Cleaning, one: Kept, why: string): Promise<void> {
  const { file, bytes } = one;
  await remove(cleaning, { kind: "artifact", path: file, bytes, why }, async () => {
    // The note last: an artifact without one would be kept longer.
    await rm(file, { force: true });
    await rm(path.join(path.dirname(file), expiryName(path.basename(file))), { force: true });
    return true;
  });
}
