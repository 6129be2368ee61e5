import { CodedError } from "@clawkeep/diagnostics";
import type { Digest } from "@clawkeep/integrity";
import { isDigest } from "@clawkeep/integrity";

import { collectionsRoot } from "../query/open-collections.ts";
import type { CitationClaim } from "./verify-citation.ts";

/** A passage that somebody says was found. */
export interface HitClaim {
  /** Which of several indexes it is from. */
  readonly collection?: string;
  readonly citation: CitationClaim;
  /** The passage as it was shown; absent for a bare citation. */
  readonly text?: string;
  /** True when the text was cut to a budget. */
  readonly shortened: boolean;
}

/** An answer, or a part of one, as somebody hands it over. */
export interface AnswerClaim {
  /** What the answer says it was given from. */
  readonly snapshotRoot?: Digest;
  /** Each of several indexes that it says it was given from. */
  readonly collections?: readonly { readonly name: string; readonly snapshotRoot: Digest }[];
  readonly hits: readonly HitClaim[];
}

/** More is no answer. */
const largestClaim = 64 * 1024 * 1024;

/**
 * Reads what is to be verified: an answer as `--json` prints it, the lines of `--format jsonl`, one hit,
 * or one citation. Only what a check needs is read; the rest may be anything.
 *
 * @throws CodedError `CLAIM_FORMAT`.
 */
export function readClaim(text: string): AnswerClaim {
  if (text.length > largestClaim) {
    throw refused(`at most ${largestClaim} characters`);
  }
  const values = parseValues(text);
  if (values.length === 0) {
    throw refused("something");
  }
  const roots = new Set<Digest>();
  const hits: HitClaim[] = [];
  let collections: AnswerClaim["collections"];
  for (const value of values) {
    const fields = fieldsOf(value) ?? new Map<string, unknown>();
    const root = fields.get("snapshotRoot");
    if (isDigest(root)) {
      roots.add(root);
    }
    if (fields.has("collections")) {
      collections = collectionsOf(fields.get("collections"));
    }
    const results = fields.get("results");
    const list: readonly unknown[] = Array.isArray(results)
      ? results
      : fields.has("citation") || fields.has("chunkDigest")
        ? [value]
        : [];
    hits.push(...list.map(hitOf));
    if (list.length === 0 && root === undefined) {
      throw refused("an answer, a hit or a citation");
    }
  }
  if (roots.size > 1) {
    throw refused("one snapshot root");
  }
  const [snapshotRoot] = roots;
  if (collections !== undefined && collectionsRoot(collections) !== snapshotRoot) {
    throw refused("a snapshot root over the collections that the answer names");
  }
  return {
    hits,
    ...(snapshotRoot === undefined ? {} : { snapshotRoot }),
    ...(collections === undefined ? {} : { collections }),
  };
}

function collectionsOf(value: unknown): NonNullable<AnswerClaim["collections"]> {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [undefined];
  return entries.map((entry) => {
    const fields = fieldsOf(entry);
    const [name, snapshotRoot] = [fields?.get("name"), fields?.get("snapshotRoot")];
    if (typeof name !== "string" || !name.isWellFormed() || !isDigest(snapshotRoot)) {
      throw refused("name and snapshotRoot of each collection");
    }
    return { name, snapshotRoot };
  });
}

function parseValues(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    // Then it is one value a line.
  }
  try {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): unknown => JSON.parse(line));
  } catch (cause) {
    throw refused("JSON, or one JSON value a line", cause);
  }
}

function hitOf(value: unknown): HitClaim {
  const hit = fieldsOf(value);
  const citation = fieldsOf(hit?.get("citation")) ?? hit;
  const text = hit?.get("text");
  const collection = citation?.get("collection");
  if (citation === undefined) {
    throw refused("a hit or a citation");
  }
  return {
    ...(typeof collection === "string" ? { collection } : {}),
    citation: citationOf(citation),
    ...(typeof text === "string" ? { text } : {}),
    shortened: hit?.get("shortened") === true,
  };
}

function citationOf(fields: ReadonlyMap<string, unknown>): CitationClaim {
  const [path, byteStart, byteEnd] = [
    fields.get("path"),
    fields.get("byteStart"),
    fields.get("byteEnd"),
  ];
  const [chunkDigest, documentDigest] = [fields.get("chunkDigest"), fields.get("documentDigest")];
  const locator = fields.get("locator");
  if (
    typeof path !== "string" ||
    !isOffset(byteStart) ||
    !isOffset(byteEnd) ||
    !isDigest(chunkDigest) ||
    !isDigest(documentDigest)
  ) {
    throw refused("path, byteStart, byteEnd, chunkDigest and documentDigest in a citation");
  }
  return {
    path,
    byteStart,
    byteEnd,
    chunkDigest,
    documentDigest,
    ...(locator === undefined ? {} : { locator }),
  };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map<string, unknown>(Object.entries(value))
    : undefined;
}

function refused(expected: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "CLAIM_FORMAT",
    message: `expected ${expected} to verify`,
    hint: "give what local-rag query --json or --format jsonl printed",
    ...(cause === undefined ? {} : { cause }),
  });
}
