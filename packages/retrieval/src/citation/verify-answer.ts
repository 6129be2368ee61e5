import { hasBit } from "@clawkeep/segment";

import type { Index } from "../query/open-index.ts";
import { quoteForModel } from "../query/quote-for-model.ts";
import type { ChunkLeaf } from "../snapshot/snapshot-root.ts";
import type { CitationProof } from "./citation-proof.ts";
import { proveCitation } from "./citation-proof.ts";
import type { AnswerClaim, HitClaim } from "./read-claim.ts";
import type { CitationClaim, CitationState } from "./verify-citation.ts";
import { compareCitation, readInside } from "./verify-citation.ts";

/** What is known of one passage of an answer. */
export interface HitVerification {
  /** Which of several indexes it is from. */
  readonly collection?: string;
  readonly path: string;
  readonly byteStart: number;
  readonly byteEnd: number;
  /** The file now; absent when no workspace is known. */
  readonly file?: CitationState;
  /**
   * Whether the text that was shown is that of the citation; absent when none was shown, or nobody has
   * the bytes any more.
   */
  readonly text?: "same" | "other";
  /** Whether the index holds exactly this passage; absent without an index. */
  readonly indexed?: boolean;
  /** That it is part of the snapshot, for somebody without the index; when it was asked for. */
  readonly proof?: CitationProof;
}

/** What a check of an answer found. */
export interface AnswerVerification {
  /** False when a passage is not what its citation says, or an index of the same root does not hold it. */
  readonly ok: boolean;
  /** Whether the answer was given from the index at hand; `other` when that was published anew since. */
  readonly snapshot: "same" | "other" | "unknown";
  readonly hits: readonly HitVerification[];
}

/** What a claim is held against. */
export interface VerifyAnswerOptions {
  /** Folder that was indexed. */
  readonly workspace?: string;
  readonly index?: Index;
  /** Add a proof to each passage that the index holds. Default false. */
  readonly prove?: boolean;
}

/**
 * Holds an answer that somebody hands over against the files and the index: each passage's bytes, the
 * text that was shown for it, and whether the snapshot that the answer names holds it. What a summary
 * says is quoted from those texts, and not looked at by itself.
 */
export function verifyAnswer(claim: AnswerClaim, options: VerifyAnswerOptions): AnswerVerification {
  const { index, workspace } = options;
  const known = index === undefined ? undefined : readLeaves(index);
  const snapshot =
    index === undefined || claim.snapshotRoot === undefined
      ? "unknown"
      : index.snapshot.snapshotRoot === claim.snapshotRoot
        ? "same"
        : "other";
  const hits = claim.hits.map((hit): HitVerification => {
    const bytes = workspace === undefined ? undefined : readInside(workspace, hit.citation.path);
    const file = workspace === undefined ? undefined : stateOf(bytes, hit.citation);
    const place = known?.places.get(keyOf(hit.citation));
    const text = compareText(hit, file?.state === "still-true" ? bytes : undefined, place?.text);
    const proof =
      options.prove === true && index !== undefined && known !== undefined && place !== undefined
        ? proveCitation(index.snapshot, known.leaves, place.leafIndex)
        : undefined;
    const { path, byteStart, byteEnd } = hit.citation;
    return {
      ...{ path, byteStart, byteEnd },
      ...(file === undefined ? {} : { file }),
      ...(text === undefined ? {} : { text }),
      ...(known === undefined ? {} : { indexed: place !== undefined }),
      ...(proof === undefined ? {} : { proof }),
    };
  });
  const holds = ({ file, text, indexed }: HitVerification): boolean =>
    (file === undefined || file.state === "still-true") &&
    text !== "other" &&
    (indexed !== false || (snapshot !== "same" && file !== undefined));
  return { ok: hits.every(holds), snapshot, hits };
}

function stateOf(bytes: Uint8Array | undefined, citation: CitationClaim): CitationState {
  return bytes === undefined ? { state: "gone" } : compareCitation(bytes, citation);
}

/** The text is compared as it is shown, because that is all that was handed over. */
function compareText(
  { text, shortened, citation }: HitClaim,
  bytes: Uint8Array | undefined,
  indexed: (() => string) | undefined,
): HitVerification["text"] {
  const passage =
    indexed?.() ??
    (bytes === undefined || citation.locator !== undefined
      ? undefined
      : Buffer.from(bytes.subarray(citation.byteStart, citation.byteEnd)).toString("utf8"));
  if (text === undefined || passage === undefined) {
    return undefined;
  }
  const quoted = quoteForModel(passage);
  return (shortened ? text !== "" && quoted.startsWith(text) : quoted === text) ? "same" : "other";
}

interface KnownLeaves {
  /** In the order of the tree. */
  readonly leaves: readonly ChunkLeaf[];
  readonly places: ReadonlyMap<string, { readonly leafIndex: number; readonly text: () => string }>;
}

function readLeaves(index: Index): KnownLeaves {
  const rows = index.parts.flatMap((part) => {
    const living: { readonly leaf: ChunkLeaf; readonly text: () => string }[] = [];
    for (let chunk = 0; chunk < part.segment.chunkCount; chunk += 1) {
      if (part.deleted === undefined || !hasBit(part.deleted, chunk)) {
        const row = part.table.row(chunk);
        const { path, byteStart, byteEnd, digest, documentDigest, locator } = row;
        const located = locator === undefined ? {} : { locator };
        const leaf = { path, byteStart, byteEnd, chunkDigest: digest, documentDigest, ...located };
        living.push({ leaf, text: () => row.text() });
      }
    }
    return living;
  });
  rows.sort(
    ({ leaf: a }, { leaf: b }) =>
      Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) || a.byteStart - b.byteStart,
  );
  return {
    leaves: rows.map(({ leaf }) => leaf),
    places: new Map(
      rows.map(({ leaf, text }, leafIndex) => [keyOf(leaf), { leafIndex, text }] as const),
    ),
  };
}

function keyOf(claim: Omit<CitationClaim, "locator">): string {
  const { path, byteStart, byteEnd, chunkDigest, documentDigest } = claim;
  return JSON.stringify([path, byteStart, byteEnd, chunkDigest, documentDigest]);
}
