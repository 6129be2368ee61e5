import { isDigest } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { z } from "zod";

/** One file of a backup. */
export interface BackedUpFile {
  /** Below the state folder, `/` between names. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly digest: Digest;
}

/** First entry of a backup: everything that is in it, with digests. It has no secret; what it lists may. */
export interface BackupManifest {
  readonly backup: 1;
  readonly name: string;
  readonly profile: string;
  readonly openclaw: string;
  readonly at: string;
  /** The `deploy.yaml` of that time, as text. */
  readonly spec: string;
  /** Sorted by path. */
  readonly files: readonly BackedUpFile[];
  /** What was left out, and why. */
  readonly left: readonly string[];
}

/** Name of the manifest in the archive, and of the folder beside it. */
export const manifestName = "manifest.json";
export const stateName = "state";

/** Limits of an archive that is read. */
export const mostManifestBytes: number = 64 * 1024 * 1024;
export const mostFileBytes: number = 8 * 1024 ** 3 - 1;

/** Folder of the state in which the deployment's secrets are: it is in no backup. */
export const secretsFolder = "secrets";

/** Folder of the state that is the person's own: what is done without being asked leaves it where it is. */
export const workspaceFolder = "workspace";

const file: z.ZodType<BackedUpFile> = z.strictObject({
  path: z.string().refine((path) => pathProblem(path) === undefined, "a path below the state"),
  mode: z.int().min(0).max(0o777),
  size: z.int().min(0).max(mostFileBytes),
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
});

const manifest: z.ZodType<BackupManifest> = z.strictObject({
  backup: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/u),
  profile: z.string().max(40),
  openclaw: z.string().max(40),
  at: z.string().max(40),
  spec: z.string().max(1024 * 1024),
  files: z.array(file).max(1_000_000),
  left: z.array(z.string()).max(1_000_000),
});

/** @throws what JSON and zod throw; an `Error` for a path that is there twice or is both a file and a folder */
export function parseManifest(bytes: Uint8Array): BackupManifest {
  const parsed = manifest.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  const paths = new Set(parsed.files.map(({ path }) => path));
  if (paths.size !== parsed.files.length) throw new Error("a path is there twice");
  for (const path of paths) {
    const names = path.split("/");
    for (let end = 1; end < names.length; end += 1) {
      if (paths.has(names.slice(0, end).join("/"))) throw new Error(`${path} is below a file`);
    }
  }
  return parsed;
}

/** Why a path cannot be restored, or undefined. */
export function pathProblem(path: string): string | undefined {
  const names = path.split("/");
  if (path === "" || path.length > 4096 || names.length > 64) return "empty, too long or too deep";
  if (names.some((name) => name === "" || name === "." || name === ".."))
    return "absolute, or with . or ..";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]|[\ud800-\udfff]/u.test(path)) return "control characters";
  if (names.some((name) => Buffer.byteLength(name) > 255)) return "a name that is too long";
  if (names[0] === secretsFolder) return "a secret";
  return undefined;
}
