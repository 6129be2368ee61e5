import { canonicalJson, digestBytes, isDigest } from "@clawkeep/integrity";
import type { Digest, JsonValue } from "@clawkeep/integrity";
import path from "node:path";
import { z } from "zod";

/**
 * The files of a program, each with its digest, and how it is started. This is what a closure's
 * digest is over: paths, bytes and bits, and not where they came from.
 */
export interface ClosureManifest {
  readonly closure: 1;
  readonly kind: "installed" | "system" | "file";
  /** Path in the closure of the file that runs. */
  readonly entry: string;
  readonly interpreter?: {
    readonly kind: "node" | "python3" | "sh";
    readonly digest: Digest;
    /** Arguments before the entry. */
    readonly argv: readonly string[];
    /** True when the one file is the whole interpreter, so that a private copy of it runs. */
    readonly standalone: boolean;
  };
  /** Sorted by path. */
  readonly files: readonly ManifestFile[];
}

/** One file of a closure. */
export interface ManifestFile {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly executable: boolean;
}

const digest: z.ZodType<Digest> = z.custom<Digest>(isDigest);

/** The shape of `manifest.json`. */
export const closureManifestSchema: z.ZodType<ClosureManifest> = z.strictObject({
  closure: z.literal(1),
  kind: z.enum(["installed", "system", "file"]),
  entry: z.string(),
  interpreter: z
    .strictObject({
      kind: z.enum(["node", "python3", "sh"]),
      digest,
      argv: z.array(z.string()),
      standalone: z.boolean(),
    })
    .exactOptional(),
  files: z.array(
    z.strictObject({ path: z.string(), digest, bytes: z.number(), executable: z.boolean() }),
  ),
});

/** The digest that `skills.lock` and every record name. */
export function closureDigest(manifest: ClosureManifest): Digest {
  return digestBytes(closureText(manifest), "clawkeep/closure/v1");
}

/** Where the store of a state folder has a closure. */
export function closurePath(home: string, closure: Digest): string {
  return path.join(home, "closures", closure.slice("sha256:".length));
}

/** The bytes of `manifest.json`, but for the newline at its end. */
export function closureText(manifest: ClosureManifest): string {
  return canonicalJson(asJson(manifest));
}

/** An optional field that is absent is not there for JSON, which its type cannot say. */
function asJson(manifest: ClosureManifest): JsonValue {
  const { interpreter, files, ...rest } = manifest;
  return {
    ...rest,
    files: files.map((file) => ({ ...file })),
    ...(interpreter === undefined ? {} : { interpreter: { ...interpreter } }),
  };
}

/** A closure's folder and all folders that its files lie in, outermost first. */
export function closureFolders(folder: string, files: readonly ManifestFile[]): string[] {
  const folders = new Set([folder]);
  for (const file of files) {
    const parts = file.path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      folders.add(path.join(folder, ...parts.slice(0, depth)));
    }
  }
  return [...folders].sort();
}
