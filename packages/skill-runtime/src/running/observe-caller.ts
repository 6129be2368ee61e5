import type { ObservedCaller } from "@clawkeep/audit-log";
import { replaceFile } from "@clawkeep/durable-files";
import { digestHandle, isDigest } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { readlinkSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import path from "node:path";

/** Digests of large programs are kept by what the file system says of them. */
const maxRemembered = 64;

/** Transports of callers that are no parent of this process. */
const remote = new Set(["mcp-http", "mcp-socket"]);

/**
 * What can be seen of the process that called this one: uid, and its program by the bytes that the
 * kernel runs. Whatever cannot be seen is left out.
 */
export async function observeCaller(home: string, transport: string): Promise<ObservedCaller> {
  // Who started a service is not who calls it.
  if (remote.has(transport)) return { transport };
  const uid = process.getuid?.();
  const pid = process.ppid;
  const name = parentName(pid);
  const digest = await parentDigest(home, pid).catch(() => undefined);
  return {
    transport,
    ...(uid === undefined ? {} : { uid }),
    parent: {
      pid,
      ...(name === undefined ? {} : { name }),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

/** The executable's file name: a thread can give itself any name in `comm`, and Node's main thread does. */
function parentName(pid: number): string | undefined {
  try {
    const name = path.basename(readlinkSync(`/proc/${pid}/exe`));
    return name.isWellFormed() && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}

async function parentDigest(home: string, pid: number): Promise<Digest> {
  await using handle = await open(`/proc/${pid}/exe`, "r");
  const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join(":");
  const file = path.join(home, "executables.json");
  const known = await readKnown(file);
  const remembered = known.get(identity);
  if (remembered !== undefined) {
    return remembered;
  }
  const digest = await digestHandle(handle);
  known.set(identity, digest);
  const kept = [...known].slice(-maxRemembered);
  await replaceFile(file, `${JSON.stringify(Object.fromEntries(kept))}\n`);
  return digest;
}

async function readKnown(file: string): Promise<Map<string, Digest>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return new Map(entries.filter((entry): entry is [string, Digest] => isDigest(entry[1])));
  } catch {
    return new Map();
  }
}
