import { CodedError } from "@clawkeep/diagnostics";
import type { Digest, JsonValue } from "@clawkeep/integrity";
import { canonicalJson, digestBytes, isDigest, parseCanonical } from "@clawkeep/integrity";

/** Names of the two files that say what a bundle is. */
export const manifestName = "bundle.json";
export const noteName = "bundle.note";

/** One file of a bundle. */
export interface BundleFile {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
}

/** The model that a bundle's index was made with: enough to know whether another machine has it. */
export interface BundleModel {
  readonly name: string;
  readonly spaceId: string;
  /** Digests of the model's files, by their names. */
  readonly files: Readonly<Record<string, Digest>>;
}

/** What a bundle holds: `bundle.json`. Its digest covers every byte of every file. */
export interface BundleManifest {
  readonly bundle: 1;
  readonly snapshotRoot: Digest;
  readonly model: BundleModel;
  /** In the order of the archive. */
  readonly files: readonly BundleFile[];
}

/** The bytes of `bundle.json`. */
export function formatManifest({ bundle, files, model, snapshotRoot }: BundleManifest): string {
  return `${canonicalJson({
    bundle,
    files: files.map(({ digest, path, size }) => ({ digest, path, size })),
    model: { files: { ...model.files }, name: model.name, spaceId: model.spaceId },
    snapshotRoot,
  })}\n`;
}

/** What is signed of a bundle. */
export function signedText(manifest: string): string {
  return `clawkeep-bundle v1\n${digestBytes(manifest)}\n`;
}

/** @throws CodedError `BUNDLE_FORMAT`. */
export function parseManifest(text: string): BundleManifest {
  let value: JsonValue;
  try {
    value = parseCanonical(text.endsWith("\n") ? text.slice(0, -1) : text);
  } catch (cause) {
    throw malformed(cause);
  }
  const fields = fieldsOf(value);
  const model = fieldsOf(fields.get("model"));
  const [files, snapshotRoot] = [fields.get("files"), fields.get("snapshotRoot")];
  const [name, spaceId] = [model.get("name"), model.get("spaceId")];
  const modelFiles = [...fieldsOf(model.get("files"))];
  if (
    fields.get("bundle") !== 1 ||
    !isDigest(snapshotRoot) ||
    !Array.isArray(files) ||
    typeof name !== "string" ||
    typeof spaceId !== "string"
  ) {
    throw malformed();
  }
  const manifest: BundleManifest = {
    bundle: 1,
    snapshotRoot,
    model: { name, spaceId, files: Object.fromEntries(modelFiles.map(digestEntry)) },
    files: files.map(fileOf),
  };
  if (formatManifest(manifest) !== text) {
    throw malformed();
  }
  return manifest;
}

function digestEntry([name, digest]: readonly [string, unknown]): readonly [string, Digest] {
  if (!isDigest(digest)) {
    throw malformed();
  }
  return [name, digest];
}

function fileOf(value: unknown): BundleFile {
  const fields = fieldsOf(value);
  const [path, size, digest] = [fields.get("path"), fields.get("size"), fields.get("digest")];
  if (typeof path !== "string" || typeof size !== "number" || !isDigest(digest)) {
    throw malformed();
  }
  return { path, size, digest };
}

function fieldsOf(value: unknown): Map<string, unknown> {
  return new Map<string, unknown>(
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : [],
  );
}

function malformed(cause?: unknown): CodedError {
  return new CodedError({
    code: "BUNDLE_FORMAT",
    message: `expected ${manifestName} of version 1 first in the bundle`,
    hint: "it was not written by local-rag bundle export, or by a later version",
    ...(cause === undefined ? {} : { cause }),
  });
}
