import { CodedError } from "@clawkeep/diagnostics";
import type { JsonObject, JsonValue } from "@clawkeep/integrity";
import { canonicalJson, isDigest, parseCanonical } from "@clawkeep/integrity";

import type { Snapshot, SnapshotContent, SnapshotSegment } from "./snapshot.ts";
import { segmentJson, snapshotRoot } from "./snapshot-root.ts";

/** The bytes of `snapshot.json`: canonical JSON and a newline. */
export function formatSnapshot(snapshot: Snapshot): string {
  return `${canonicalJson({
    analyser: snapshot.analyser,
    chunkRoot: snapshot.chunkRoot,
    chunker: snapshot.chunker,
    chunks: snapshot.chunks,
    documents: snapshot.documents,
    format: snapshot.format,
    indexId: snapshot.indexId,
    segments: snapshot.segments.map(segmentJson),
    sequence: snapshot.sequence,
    snapshotRoot: snapshot.snapshotRoot,
    spaceId: snapshot.spaceId,
  })}\n`;
}

/** An index id: 32 lower-case hexadecimal digits. It names a file, so nothing else may pass. */
export function isIndexId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/u.test(value);
}

/**
 * Reads `snapshot.json` and compares its root with its content. No schema library: this stands in
 * the path of every cold query.
 *
 * @param file Named in errors.
 * @throws CodedError `SNAPSHOT_FORMAT` for another format or shape, `SNAPSHOT_ROOT` when the root is
 *   not that of the content.
 */
export function parseSnapshot(text: string, file: string): Snapshot {
  let value: JsonValue;
  try {
    value = parseCanonical(text.endsWith("\n") ? text.slice(0, -1) : text);
  } catch (error) {
    throw malformed(file, "canonical JSON", error);
  }
  const object = isObject(value) ? value : {};
  if (object["format"] !== 1) {
    throw malformed(file, `format 1, got ${JSON.stringify(object["format"])}`);
  }
  const chunkRoot = object["chunkRoot"];
  const root = object["snapshotRoot"];
  const indexId = object["indexId"];
  if (!isDigest(chunkRoot) || !isDigest(root) || !isIndexId(indexId)) {
    throw malformed(file, "chunkRoot, snapshotRoot and indexId");
  }
  const segments = object["segments"];
  if (!Array.isArray(segments)) {
    throw malformed(file, "a list of segments");
  }
  const content: SnapshotContent = {
    format: 1,
    spaceId: textOf(object, "spaceId", file),
    analyser: textOf(object, "analyser", file),
    chunker: textOf(object, "chunker", file),
    segments: segments.map((segment) => segmentOf(segment, file)),
    documents: countOf(object, "documents", file),
    chunks: countOf(object, "chunks", file),
    chunkRoot,
  };
  const computed = snapshotRoot(content);
  if (computed !== root) {
    throw new CodedError({
      code: "SNAPSHOT_ROOT",
      message: `expected ${root} as the root of ${file}, its content gives ${computed}`,
      hint: "the file was changed after it was published: index the folder again",
    });
  }
  return { ...content, indexId, sequence: countOf(object, "sequence", file), snapshotRoot: root };
}

function segmentOf(value: JsonValue, file: string): SnapshotSegment {
  const object = isObject(value) ? value : {};
  const { file: name, digest, deleted } = object;
  if (typeof name !== "string" || !/^[0-9a-f]{64}\.seg$/u.test(name) || !isDigest(digest)) {
    throw malformed(file, "segments with a file and a digest");
  }
  if (deleted !== undefined && typeof deleted !== "string") {
    throw malformed(file, "a base64 bitset of deleted chunks");
  }
  const chunks = countOf(object, "chunks", file);
  return { file: name, digest, chunks, ...(deleted === undefined ? {} : { deleted }) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(object: JsonObject, name: string, file: string): string {
  const value = object[name];
  if (typeof value !== "string") {
    throw malformed(file, `a text as ${name}`);
  }
  return value;
}

function countOf(object: JsonObject, name: string, file: string): number {
  const value = object[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(file, `a count as ${name}`);
  }
  return value;
}

function malformed(file: string, expected: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "SNAPSHOT_FORMAT",
    message: `expected ${expected} in ${file}`,
    hint: "index the folder again with this version",
    ...(cause === undefined ? {} : { cause }),
  });
}
