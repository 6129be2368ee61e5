import { CodedError } from "@clawkeep/diagnostics";
import type { DocumentRow } from "@clawkeep/segment";

import type { DocumentFacts } from "./matches-filter.ts";

type Scalar = string | number | boolean;
type Metadata = DocumentFacts["metadata"];

/** What an index says of a document besides its path, title and size: JSON in the segment. */
export interface StoredFacts {
  readonly kind: string;
  readonly language?: string;
  readonly metadata: Metadata;
}

/** The facts of a document as a segment keeps them; the same facts are the same text. */
export function formatFacts(facts: StoredFacts): string {
  const metadata = Object.fromEntries(
    Object.entries(facts.metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  return JSON.stringify({
    kind: facts.kind,
    ...(facts.language === undefined ? {} : { language: facts.language }),
    metadata,
  });
}

/**
 * All that is known of a document. A segment of an earlier version says nothing but its path, title
 * and size.
 *
 * @throws CodedError `SEGMENT_FACTS` when the segment's text is no such JSON.
 */
export function factsOf(row: DocumentRow, mtimeMs: number | undefined): DocumentFacts {
  const { path, title, size, facts } = row;
  const stored = facts === undefined ? undefined : parseFacts(facts, path);
  return {
    path,
    title,
    size,
    ...(stored === undefined ? { metadata: {} } : stored),
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
  };
}

/** By hand: this stands in the path of every query with a filter. */
function parseFacts(text: string, path: string): StoredFacts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(path, cause);
  }
  const fields = fieldsOf(value);
  const [kind, language, metadata] = [
    fields?.get("kind"),
    fields?.get("language"),
    fields?.get("metadata"),
  ];
  if (
    typeof kind !== "string" ||
    (language !== undefined && typeof language !== "string") ||
    !isMetadata(metadata)
  ) {
    throw malformed(path);
  }
  return { kind, ...(language === undefined ? {} : { language }), metadata };
}

function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map<string, unknown>(Object.entries(value))
    : undefined;
}

function isMetadata(value: unknown): value is Metadata {
  const fields = fieldsOf(value);
  return (
    fields !== undefined &&
    [...fields.values()].every((each) =>
      Array.isArray(each) ? each.every(isScalar) : isScalar(each),
    )
  );
}

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean"].includes(typeof value);
}

function malformed(path: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "SEGMENT_FACTS",
    message: `expected the facts of ${path} as JSON in the index`,
    hint: "index the folder again",
    ...(cause === undefined ? {} : { cause }),
  });
}
