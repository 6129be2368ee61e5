import { CodedError } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";
import { isDigest } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import path from "node:path";
import { z } from "zod";

import { RememberedFiles } from "../program/remembered-file.ts";

/** One skill that may run: which bytes its folder, its contract and its program have. */
export interface LockedSkill {
  /** Relative to the lock file's folder, with `/`; may begin with `..`. */
  readonly folder: string;
  readonly folderDigest: Digest;
  readonly contractDigest: Digest;
  readonly program: {
    readonly kind: "installed" | "system" | "file";
    readonly name: string;
    /** Of a program of the system: where it lay when it was locked, without links. */
    readonly path?: string;
    /** Of a program of the system: its own bytes. */
    readonly digest?: Digest;
    /** Over the paths and digests of all its files and its interpreter. */
    readonly closure: Digest;
    /** False when program or interpreter belong to the system, so that their libraries were not hashed. */
    readonly complete: boolean;
  };
}

/** `skills.lock`: the skills that may run, by name. */
export interface SkillsLock {
  readonly lock: 1;
  readonly skills: Readonly<Record<string, LockedSkill>>;
}

const digest: z.ZodType<Digest> = z.custom<Digest>(isDigest, "expected sha256:<64 hex digits>");

const schema: z.ZodType<SkillsLock> = z.strictObject({
  lock: z.literal(1),
  skills: z.record(
    z.string(),
    z.strictObject({
      folder: z.string().min(1),
      folderDigest: digest,
      contractDigest: digest,
      program: z.strictObject({
        kind: z.enum(["installed", "system", "file"]),
        name: z.string(),
        path: z.string().min(1).exactOptional(),
        digest: digest.exactOptional(),
        closure: digest,
        complete: z.boolean(),
      }),
    }),
  ),
});

const locks = new RememberedFiles((bytes) => schema.parse(JSON.parse(bytes.toString("utf8"))));

/** The lock file of a workspace. */
export function lockPath(workspace: string): string {
  return path.join(workspace, "skills.lock");
}

/**
 * Reads a lock file; one that is not there locks nothing.
 * @throws CodedError LOCK_MALFORMED
 */
export async function readLock(file: string): Promise<SkillsLock> {
  try {
    return locks.read(file) ?? { lock: 1, skills: {} };
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) {
      throw cause;
    }
    throw new CodedError({
      code: "LOCK_MALFORMED",
      message: `${file} is not a lock file of version 1`,
      hint: "restore it from version control, or remove it and run `skill lock`",
      cause,
    });
  }
}

/** Writes a lock file, names sorted, so that equal locks are equal bytes. */
export async function writeLock(file: string, lock: SkillsLock): Promise<void> {
  const skills = Object.fromEntries(
    Object.entries(lock.skills).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  await replaceFile(file, `${JSON.stringify({ lock: 1, skills }, undefined, 2)}\n`, {
    mode: 0o644,
  });
}
