import { CodedError } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { isDigest } from "@clawkeep/integrity";

import type { ChunkLeaf } from "../snapshot/snapshot-root.ts";
import type { SnapshotContent, SnapshotSegment } from "../snapshot/snapshot.ts";
import type { CitationProof } from "./citation-proof.ts";

const largestFile: number = 64 * 1024 * 1024;
const longestPath = 64;

/**
 * Reads proofs as `local-rag verify --prove --json` writes them: its output, one hit of it, or a proof alone.
 * Every member is checked, because whoever wrote them is who has something to prove.
 *
 * @throws CodedError `PROOF_FORMAT`.
 */
export function readProofs(text: string): readonly CitationProof[] {
  if (text.length > largestFile) {
    throw refused(`at most ${largestFile} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refused("JSON", cause);
  }
  const fields = fieldsOf(value);
  const hits = fields?.get("hits");
  const found = Array.isArray(hits)
    ? hits.flatMap((hit): readonly unknown[] => {
        const proof = fieldsOf(hit)?.get("proof");
        return proof === undefined ? [] : [proof];
      })
    : [fields?.get("proof") ?? value];
  if (found.length === 0) {
    throw refused("a hit with a proof; add --prove");
  }
  return found.map(proofOf);
}

function proofOf(value: unknown): CitationProof {
  const fields = requireFields(value, "a proof");
  const [leafIndex, path] = [fields.get("leafIndex"), fields.get("path")];
  if (!isCount(leafIndex) || !Array.isArray(path) || path.length > longestPath) {
    throw refused("leafIndex and path in a proof");
  }
  if (!path.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/u.test(hash))) {
    throw refused("hashes of 64 hexadecimal digits in the path of a proof");
  }
  return {
    leaf: leafOf(fields.get("leaf")),
    leafIndex,
    path,
    content: contentOf(fields.get("content")),
  };
}

function leafOf(value: unknown): ChunkLeaf {
  const fields = requireFields(value, "a leaf");
  const [byteStart, byteEnd] = [fields.get("byteStart"), fields.get("byteEnd")];
  const locator = fields.get("locator");
  if (!isCount(byteStart) || !isCount(byteEnd)) {
    throw refused("byteStart and byteEnd in a leaf");
  }
  return {
    path: textOf(fields, "path"),
    byteStart,
    byteEnd,
    chunkDigest: digestOf(fields, "chunkDigest"),
    documentDigest: digestOf(fields, "documentDigest"),
    ...(locator === undefined ? {} : { locator: textOf(fields, "locator") }),
  };
}

function contentOf(value: unknown): SnapshotContent {
  const fields = requireFields(value, "the content of a snapshot");
  const [documents, chunks, segments] = [
    fields.get("documents"),
    fields.get("chunks"),
    fields.get("segments"),
  ];
  if (fields.get("format") !== 1 || !isCount(documents) || !isCount(chunks)) {
    throw refused("format 1, documents and chunks in the content of a snapshot");
  }
  if (!Array.isArray(segments)) {
    throw refused("segments in the content of a snapshot");
  }
  return {
    format: 1,
    spaceId: textOf(fields, "spaceId"),
    analyser: textOf(fields, "analyser"),
    chunker: textOf(fields, "chunker"),
    segments: segments.map(segmentOf),
    documents,
    chunks,
    chunkRoot: digestOf(fields, "chunkRoot"),
  };
}

function segmentOf(value: unknown): SnapshotSegment {
  const fields = requireFields(value, "a segment");
  const chunks = fields.get("chunks");
  if (!isCount(chunks)) {
    throw refused("chunks in a segment");
  }
  return {
    file: textOf(fields, "file"),
    digest: digestOf(fields, "digest"),
    chunks,
    ...(fields.has("deleted") ? { deleted: textOf(fields, "deleted") } : {}),
  };
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name);
  if (typeof value !== "string" || !value.isWellFormed()) {
    throw refused(`a text as ${name}`);
  }
  return value;
}

function digestOf(fields: ReadonlyMap<string, unknown>, name: string): Digest {
  const value = fields.get(name);
  if (!isDigest(value)) {
    throw refused(`a digest as ${name}`);
  }
  return value;
}

function requireFields(value: unknown, what: string): ReadonlyMap<string, unknown> {
  const fields = fieldsOf(value);
  if (fields === undefined) {
    throw refused(what);
  }
  return fields;
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map<string, unknown>(Object.entries(value))
    : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function refused(expected: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "PROOF_FORMAT",
    message: `expected ${expected}`,
    hint: "give what local-rag verify --prove --json printed",
    ...(cause === undefined ? {} : { cause }),
  });
}
