import { ensurePrivateFolder, replaceFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import { lstat, readFile, rm, utimes } from "node:fs/promises";
import path from "node:path";

const dayMs: number = 24 * 3_600_000;

/** The folder of artifacts below the state folder. */
export function artifactFolder(home: string): string {
  return path.join(home, "artifacts");
}

/** The file that says until when an artifact is kept, if its contract does. */
export function expiryName(name: string): string {
  return `${name}.until`;
}

/**
 * Keeps an output that was cut for the caller, in the state folder, under the digest that the end
 * record has as the one of standard output. Equal outputs are one file, kept as long as the longest
 * of them asks for.
 * @param days How long, as the contract says; absent: as long as the runtime's owner says.
 * @returns the absolute path
 */
export async function keepArtifact(
  home: string,
  bytes: Uint8Array,
  days?: number,
): Promise<string> {
  const folder = artifactFolder(home);
  await ensurePrivateFolder(folder);
  const name = digestBytes(bytes).slice("sha256:".length);
  const file = path.join(folder, name);
  const until = path.join(folder, expiryName(name));
  const now = new Date();
  const kept = await lstat(file).catch(() => undefined);
  const isKept = kept?.isFile() === true && kept.size === bytes.length;
  // One that says nothing is kept without an end.
  const before = isKept ? await readExpiry(until) : 0;
  const wanted = days === undefined ? Infinity : now.getTime() + days * dayMs;
  if (wanted === Infinity) {
    await rm(until, { force: true });
  } else if (before < wanted) {
    await replaceFile(until, `${new Date(wanted).toISOString()}\n`);
  }
  if (isKept) await utimes(file, now, now);
  else await replaceFile(file, bytes);
  return file;
}

/** Milliseconds since 1970; NaN when the file is not there or says nothing. */
export async function readExpiry(file: string): Promise<number> {
  return Date.parse((await readFile(file, "utf8").catch(() => "")).trim());
}
